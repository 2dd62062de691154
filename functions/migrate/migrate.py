"""The migrations' Lambda function: CloudFormation calls it at each deploy that may need it, an operator with {}.

Whatever happens, CloudFormation gets an answer: without one, a deploy hangs until ServiceTimeout. So the layers, which
may be what is broken, are imported when they are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudformation import answer

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Applies the migrations that are new; answers CloudFormation if it is the one who asks.

    A deletion of the stack leaves the tables: they are the customer's data. It does not even need the database.

    Raises:
        Exception: whatever went wrong. CloudFormation has been told by then.
    """
    if "ResponseURL" not in event:
        return {"applied": _apply(event, context)}
    applied = []
    if event["RequestType"] != "Delete":
        try:
            applied = _apply(event, context)
        except Exception as error:
            answer(event, context.log_stream_name, "FAILED", _reason(error), {})
            raise
    names = ", ".join(applied) or "none"
    answer(event, context.log_stream_name, "SUCCESS", "Done", {"Applied": names})
    return {"applied": applied}


def _apply(event: dict[str, Any], context: LambdaContext) -> list[str]:
    from applying import apply

    return apply(event, context)


def _reason(error: Exception) -> str:
    """What may be shown to whoever deploys: never what may quote a connection string or a row."""
    kind = type(error)
    text = getattr(getattr(error, "diag", None), "message_primary", None)
    if not text and (isinstance(error, ImportError) or kind.__module__.startswith("extraction_")):
        text = str(error)
    files = "".join(f"{note}: " for note in getattr(error, "__notes__", []))
    return f"{files}{kind.__name__}: {text or 'see the log of the function'}"

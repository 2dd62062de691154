"""The sweeper: the schedule runs it, and it can be asked what it would do."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from verify_deployment.aws import AwsFailedError, AwsRefusedError
from verify_deployment.model import SkippedError
from verify_deployment.run import JOBS, Run
from verify_deployment.transport import UnexpectedAnswerError

# It is started every minute and waits for nearly as long; the rest is for its own work and a schedule that comes late.
_RECENT_SECONDS = 180.0


def scheduled(run: Run) -> str:
    """A sweep has ended within the last minutes; on a fresh deployment the first one is waited for.

    Only operators are told of sweeps.
    """

    def look() -> float | None:
        answer = run.get(f"{JOBS}/statistics").expect(HTTPStatus.OK)
        if not answer.take(bool, "operator"):
            raise SkippedError(
                "the token is no operator's: sweeps are told to whoever has true in the claim that OperatorsClaim "
                "names (with Cognito the attribute custom:operator)"
            )
        if answer.json().get("last_sweep") is None:
            return None
        errors = answer.take(list, "last_sweep", "errors")
        if errors:
            raise UnexpectedAnswerError(
                f"expected a sweep without errors; the last one has {len(errors)}: {errors[0]}"
            )
        return answer.take(float, "last_sweep", "seconds_ago")

    seconds = run.wait(
        look,
        lambda ago: ago is not None and ago < _RECENT_SECONDS,
        lambda ago: (
            f"expected a sweep within the last {_RECENT_SECONDS:.0f} s; "
            + ("there was none yet" if ago is None else f"the last one was {ago:.0f} s ago")
        ),
    )
    return f"the last one ended {seconds:.0f} s ago"


def dry_run(run: Run) -> str:
    """The sweeper answers a dry run with what it would do; this run's jobs have ended and are not in it."""
    if not run.sweeper_function:
        raise SkippedError("needs SWEEPER_FUNCTION, and AWS credentials that may invoke it")
    try:
        report = run.aws.invoke(run.sweeper_function, {"dry_run": True}, run.seconds_left)
    except AwsRefusedError as error:
        raise SkippedError(str(error)) from None
    except AwsFailedError as error:
        raise UnexpectedAnswerError(f"expected a report of a dry run; {error}") from None
    recovered, failed = (_ids(report, name) for name in ("recovered", "failed"))
    if report.get("dry_run") is not True:
        raise UnexpectedAnswerError("expected dry_run true in the report; got another")
    ours = set(run.created) & {*recovered, *failed}
    if ours:
        raise UnexpectedAnswerError(
            f"expected no job of this run in the report: they have ended; it names {len(ours)}"
        )
    return f"it would recover {len(recovered)}, fail {len(failed)}"


def _ids(report: Any, name: str) -> list[str]:
    ids = report.get(name) if isinstance(report, dict) else None
    if not isinstance(ids, list):
        raise UnexpectedAnswerError(f"expected `{name}` in the sweeper's report; it is not there")
    return [str(each) for each in ids]

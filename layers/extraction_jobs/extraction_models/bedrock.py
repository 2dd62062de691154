"""A model on Amazon Bedrock, by its Converse API."""

from __future__ import annotations

import re
from typing import Any

from extraction.errors import MisconfiguredError
from extraction.llm import conversation as talk
from extraction_models.bedrock_errors import WORDS, fault_of
from extraction_models.faults import Fault, Kind
from extraction_models.forms import in_words, json_in
from extraction_models.provider import CONNECT_SECONDS, Form, Manner, field, tokens
from extraction_models.settings import ModelSettings

# A client has one read timeout, so there is a client for each of these; the longest that ends in time is taken.
READ_SECONDS = (10, 20, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600)


class BedrockProvider:
    """See Provider."""

    name = "bedrock"
    words = WORDS
    forms: tuple[Form, ...] = (Form.TOOL, Form.OFFERED, Form.TEXT)
    optional = frozenset((Kind.TEMPERATURE_REFUSED, Kind.CACHING_REFUSED))

    def __init__(self, settings: ModelSettings) -> None:
        self.settings = (
            f"guardrail={settings.bedrock_guardrail_id}:{settings.bedrock_guardrail_version}"
        )
        self._settings = settings
        self._caches = _caches(settings)
        self._clients: dict[int, Any] = {}

    def ask(self, request: talk.Request, manner: Manner) -> talk.Reply:
        """See Provider."""
        client = self._client(max(each for each in READ_SECONDS if each <= manner.seconds))
        return _reply(client.converse(**self._parameters(request, manner)), request.tool.name)

    def fault_of(self, error: Exception) -> Fault | None:
        """See Provider."""
        return fault_of(error)

    def close(self) -> None:
        """See Provider."""
        self._clients.clear()

    def renew(self) -> bool:
        """See Provider. A new client reads its credentials anew; only expired ones become others by that."""
        self.close()
        return False

    def _parameters(self, request: talk.Request, manner: Manner) -> dict[str, Any]:
        settings, tool = self._settings, request.tool
        system: list[dict[str, Any]] = [{"text": request.system}]
        if manner.form is Form.TEXT:
            system[0]["text"] += f"\n\n{in_words(tool)}"
        if self._caches and Kind.CACHING_REFUSED not in manner.without:
            # Tools come before the system prompt in what is cached: one point behind both covers both.
            system.append({"cachePoint": {"type": "default"}})
        inference: dict[str, Any] = {"maxTokens": settings.model_max_tokens}
        if (
            settings.model_temperature is not None
            and Kind.TEMPERATURE_REFUSED not in manner.without
        ):
            inference["temperature"] = settings.model_temperature
        parameters: dict[str, Any] = {
            "modelId": settings.model_id,
            "system": system,
            "messages": [{"role": "user", "content": [{"text": request.text}]}],
            "inferenceConfig": inference,
        }
        if manner.form is not Form.TEXT:
            spec = {
                "name": tool.name,
                "description": tool.description,
                "inputSchema": {"json": dict(tool.schema)},
            }
            choice = {"tool": {"name": tool.name}} if manner.form is Form.TOOL else {"auto": {}}
            parameters["toolConfig"] = {"tools": [{"toolSpec": spec}], "toolChoice": choice}
        if settings.bedrock_guardrail_id:
            parameters["guardrailConfig"] = {
                "guardrailIdentifier": settings.bedrock_guardrail_id,
                "guardrailVersion": settings.bedrock_guardrail_version,
            }
        return parameters

    def _client(self, read_seconds: int) -> Any:
        client = self._clients.get(read_seconds)
        if client is None:
            region = self._settings.bedrock_region or None
            client = self._clients[read_seconds] = _new_client(region, read_seconds)
        return client


def _new_client(region: str | None, read_seconds: int) -> Any:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    try:
        return boto3.client(
            "bedrock-runtime",
            region_name=region,
            config=Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=read_seconds,
                # By default botocore re-sends a paid call whose answer is slow.
                retries={"mode": "standard", "total_max_attempts": 1},
                # An answer may take longer than a NAT gateway keeps a silent connection (350 s).
                tcp_keepalive=True,
            ),
        )
    except BotoCoreError as error:
        raise MisconfiguredError(
            f"No client for Bedrock could be made ({type(error).__name__}). Check BEDROCK_REGION and boto3's version."
        ) from None


def _reply(response: object, tool: str) -> talk.Reply:
    """Read an answer, whatever is missing from it."""
    usage = field(response, "usage")
    used = {
        "input_tokens": tokens(field(usage, "inputTokens")),
        "output_tokens": tokens(field(usage, "outputTokens")),
        "cache_read_tokens": tokens(field(usage, "cacheReadInputTokens")),
        "cache_write_tokens": tokens(field(usage, "cacheWriteInputTokens")),
    }
    content = field(field(field(response, "output"), "message"), "content")
    blocks = content if isinstance(content, list) else []
    called = [field(block, "toolUse") for block in blocks]
    inputs = tuple(field(call, "input") for call in called if field(call, "name") == tool)
    if not inputs:
        texts = [text for block in blocks if isinstance(text := field(block, "text"), str)]
        inputs = json_in("".join(texts))
    reason = field(response, "stopReason")
    return talk.Reply(
        reason if isinstance(reason, str) and reason else talk.MALFORMED_OUTPUT, inputs, used
    )


def _caches(settings: ModelSettings) -> bool:
    """Tell whether to mark what can be cached. Of all families only Claude takes the mark wherever it may stand."""
    if settings.model_prompt_caching == "auto":
        old = r"v2|instant|3-(?:sonnet|opus|haiku)-"
        return re.search(rf"anthropic\.claude(?!-(?:{old}))", settings.model_id) is not None
    return settings.model_prompt_caching == "on"

"""Asking a model, whoever serves it: tries, pauses, time, stops, and every paid call counted.

Each call is paid for, so nothing is sent twice without being counted: the SDKs' own retries are off.
docs/use-a-model.md has the table of errors.
"""

from __future__ import annotations

import logging
import queue
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from extraction.errors import ExtractionError, MisconfiguredError, RetryableError, StoppedError
from extraction.llm import conversation as talk
from extraction.model import Control
from extraction_models.faults import Fault, Kind
from extraction_models.provider import CONNECT_SECONDS, Form, Manner, Provider
from extraction_models.settings import ModelSettings

logger = logging.getLogger(__name__)

LEAST_CALL_SECONDS = 10.0
# Left for reading the answer and noting it down, once it has come.
SPARE_SECONDS = 2.0
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 20.0
# How long a job should wait when the tries in here are used up and the service did not say.
_COME_BACK_SECONDS = 60.0
# How soon a call under way notices that it is to stop.
_LOOK_SECONDS = 0.25
_STOPPED = "The chunk was left undone because the extractor was told to stop."
# What some services report as an error, and others as the end of an answer.
_ENDS = {Kind.MALFORMED_TOOL_USE: talk.MALFORMED_TOOL_USE, Kind.FILTERED: talk.FILTERED}


class AskedModel:
    """See `extraction.llm.Model`.

    Args:
        provider: who serves the model.
        settings: which model, how often it is tried, what it costs.
        sleep, clock, random: time and chance, for tests.
    """

    def __init__(
        self,
        provider: Provider,
        settings: ModelSettings,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        random: Callable[[], float] = random.random,
    ) -> None:
        self.name = provider.name
        self.model_id = settings.model_id
        self.settings = (
            f"temperature={settings.model_temperature} max_tokens={settings.model_max_tokens}"
            f" {provider.settings}"
        )
        self._provider = provider
        self._settings = settings
        self._sleep = sleep
        self._clock = clock
        self._random = random
        self._manner = Manner(provider.forms[0], frozenset(), 0.0)
        # Whether the model has answered in this form: then an answer without is its own fault, not the form's.
        self._form_is_proven = False

    def converse(self, request: talk.Request, *, control: Control) -> talk.Reply:
        """See Model.converse."""
        tries = 0
        while True:
            seconds, cut_short = self._patience(control)
            answer = self._try(request, seconds, control)
            if isinstance(answer, talk.Reply):
                if not self._can_ask_otherwise(answer, control):
                    return answer
                continue
            if self._can_do_without(answer.kind):
                continue  # refused before it was read: not a try, and nothing was paid
            tries += 1
            self._give_up_if_hopeless(answer, cut_short)
            if tries >= self._settings.model_max_tries:
                raise RetryableError(
                    answer.sentence, after_seconds=answer.after_seconds or _COME_BACK_SECONDS
                )
            self._pause(answer, tries, control)

    def _try(self, request: talk.Request, seconds: float, control: Control) -> talk.Reply | Fault:
        words = self._provider.words
        answer = self._call(request, replace(self._manner, seconds=seconds), control)
        if isinstance(answer, talk.Reply):
            return replace(answer, usage=self._counted(answer.usage))
        if isinstance(answer, ExtractionError):
            raise answer
        if isinstance(answer, TimeoutError):
            fault: Fault | None = words.fault(Kind.READ_TIMEOUT, may_be_paid=True)
        else:
            fault = self._provider.fault_of(answer)
        if fault is None:
            kind = type(answer).__name__
            logger.warning("%s: an answer that cannot be read (%s)", words.service, kind)
            return talk.Reply(talk.MALFORMED_OUTPUT, (), {"model_calls": 1})
        logger.warning("%s: %s", words.service, fault.kind)
        if fault.kind in _ENDS:
            return talk.Reply(_ENDS[fault.kind], (), {"model_calls": 1})
        if fault.may_be_paid:
            # What it cost is known to the service alone; that there was a call is known here.
            control.on_usage({"model_calls": 1})
        if fault.kind in (Kind.EXPIRED, Kind.CREDENTIALS) and self._provider.renew():
            return replace(fault, kind=Kind.EXPIRED)
        return fault

    def _call(
        self, request: talk.Request, manner: Manner, control: Control
    ) -> talk.Reply | Exception:
        """Make one call in a thread of its own, so that a stop is noticed while it lasts.

        The time limit of an SDK bounds a silence; this one bounds the whole answer, also one that comes in drops.
        """
        answers: queue.SimpleQueue[talk.Reply | Exception] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(self._provider.ask(request, manner))
            except Exception as error:  # noqa: BLE001 - sorted by whoever waits for it
                answers.put(error)

        threading.Thread(target=ask, daemon=True).start()
        ends = time.monotonic() + CONNECT_SECONDS + manner.seconds
        while True:
            try:
                return answers.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                stops = control.should_stop()
                if not stops and time.monotonic() < ends:
                    continue
                self._provider.close()
                if stops:
                    control.on_usage({"model_calls": 1})  # it may be on the bill
                    raise StoppedError(_STOPPED) from None
                return TimeoutError()

    def _patience(self, control: Control) -> tuple[float, bool]:
        """Return how long to wait for an answer, and whether time would have allowed more but for the caller's end."""
        if control.should_stop():
            raise StoppedError(_STOPPED)
        left = control.seconds_left() - CONNECT_SECONDS - SPARE_SECONDS
        longest = self._settings.model_call_seconds
        if min(left, longest) < LEAST_CALL_SECONDS:
            raise StoppedError("The chunk was left undone: too little time is left for a call.")
        return min(left, longest), left < longest

    def _can_do_without(self, kind: Kind) -> bool:
        manner, form = self._manner, self._weaker_form()
        refuses_form = kind is Kind.FORM_REFUSED or (
            kind is Kind.UNCLEAR and not self._form_is_proven
        )
        if kind in self._provider.optional - manner.without:
            self._manner = replace(manner, without=manner.without | {kind})
        elif refuses_form and form:
            self._manner, self._form_is_proven = replace(manner, form=form), False
        else:
            return False
        logger.warning("The model does not take what was sent (%s); it is left out", kind)
        return True

    def _can_ask_otherwise(self, reply: talk.Reply, control: Control) -> bool:
        """Take a weaker form if the endpoint takes no notice of this one. That answer was paid for."""
        if reply.tool_inputs:
            self._form_is_proven = True
        form = self._weaker_form()
        if form is Form.OFFERED:
            form = Form.TEXT  # to offer the tool does not help where forcing did not
        is_beside = not reply.tool_inputs and reply.stop_reason in (
            talk.END_TURN,
            talk.STOP_SEQUENCE,
        )
        if not is_beside or self._form_is_proven or form is None or control.dollars_left() <= 0:
            return False
        logger.warning(
            "The model answers beside the %s; it is asked for %s", self._manner.form, form
        )
        control.on_usage(reply.usage)
        self._manner = replace(self._manner, form=form)
        return True

    def _weaker_form(self) -> Form | None:
        forms = self._provider.forms
        following = forms[forms.index(self._manner.form) + 1 :]
        return following[0] if following else None

    def _give_up_if_hopeless(self, fault: Fault, cut_short: bool) -> None:
        if fault.kind is Kind.TOO_LONG:
            raise talk.InputTooLargeError(fault.sentence)
        if fault.kind is Kind.READ_TIMEOUT:
            # The same question takes the same time again, and is paid again: it is not sent a second time. If only
            # this invocation's end was near, the next one has more time.
            if cut_short:
                raise StoppedError(
                    "The chunk was left undone: no answer came in the time that was left."
                )
            raise RetryableError(fault.sentence, after_seconds=fault.after_seconds)
        if fault.kind.is_permanent:
            raise MisconfiguredError(fault.sentence)
        if not fault.kind.is_worth_another_try:
            raise RetryableError(
                fault.sentence, after_seconds=fault.after_seconds or _COME_BACK_SECONDS
            )

    def _pause(self, fault: Fault, tries: int, control: Control) -> None:
        """Wait before the next try: as long as the service asks, or anything up to twice as long as the last time."""
        ceiling = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2 ** (tries - 1))
        pause = fault.after_seconds if fault.after_seconds is not None else self._random() * ceiling
        least = LEAST_CALL_SECONDS + CONNECT_SECONDS + SPARE_SECONDS
        if pause > min(_LONGEST_PAUSE_SECONDS, control.seconds_left() - least):
            raise RetryableError(fault.sentence, after_seconds=max(pause, 1.0))
        until = self._clock() + pause
        while (left := until - self._clock()) > 0:
            if control.should_stop():
                raise StoppedError(_STOPPED)
            self._sleep(min(left, 1.0))

    def _counted(self, used: Mapping[str, int]) -> dict[str, int]:
        """Return an answer's tokens as usage: with the call, and with what it cost."""
        prices = self._settings
        # Dollars per million tokens are microdollars per token.
        cost = (
            used.get("input_tokens", 0) * prices.model_input_price
            + used.get("output_tokens", 0) * prices.model_output_price
            + used.get("cache_read_tokens", 0) * prices.model_cache_read_price
            + used.get("cache_write_tokens", 0) * prices.model_cache_write_price
        )
        return {"model_calls": 1, **used, "cost_microdollars": round(cost)}

"""An organisation's receiver is told of each ending at least once, whatever it does; nobody else is kept waiting by it.

The receiver is a real one on 127.0.0.1. It verifies deliveries with the code that docs/notifications.md gives to users.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from psycopg.rows import DictRow

from extraction_jobs.announcements import BUS_TRIGGER, WEBHOOK_TRIGGER, switch_announcing
from extraction_jobs.model import Job, Tenant
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Sweeper, SweepFailedError
from extraction_jobs.webhook_calls import Caller
from extraction_jobs.webhook_deliveries import (
    MOST_FAILURES,
    MOST_SENDS,
    PATIENCE,
    Delivered,
    deliver_due,
)
from extraction_jobs.webhooks import set_webhook
from tests.conftest import TENANT, Psql
from tests.serving import Asked, Reply, answering

from .conftest import Lab
from .test_announcements import MemoryBus

PAGE = Path(__file__).parents[2] / "docs" / "notifications.md"
OTHER = Tenant("globex", TENANT.project_id)
DELIVERIES = "kb.extraction_webhook_deliveries"

Verify = Callable[[str, Mapping[str, str], bytes], dict[str, Any]]


@pytest.fixture(scope="module")
def verified() -> Verify:
    """The code of the page."""
    [code] = re.findall(r"```python\n(.+?)```", PAGE.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    found: Verify = names["verified"]
    return found


@dataclass
class Receiver:
    """Answers with `status`, when `open` is set; keeps what it got."""

    url: str = ""
    status: int = 204
    open: threading.Event = field(default_factory=threading.Event)
    got: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)

    def reply(self, asked: Asked) -> Reply:
        self.got.append((asked.headers, asked.body))
        self.open.wait(30)
        return self.status, {}, b""

    @property
    def jobs(self) -> list[str]:
        """Of each delivery, the job."""
        return [json.loads(body)["data"]["job_id"] for _, body in self.got]


@pytest.fixture
def new_receiver() -> Iterator[Callable[[], Receiver]]:
    with ExitStack() as ends:

        def start() -> Receiver:
            made = Receiver()
            made.url = ends.enter_context(answering(made.reply)) + "/jobs"
            ends.callback(made.open.set)
            made.open.set()
            return made

        yield start


@pytest.fixture
def laptop(settings: Settings) -> Settings:
    """Webhooks are on, and 127.0.0.1 may be called."""
    return settings.model_copy(update={"webhooks": "loopback"})


@dataclass
class Hooks:
    """Organisations' webhooks, a receiver for one of them, and the calls that a sweep makes."""

    lab: Lab
    laptop: Settings
    new_receiver: Callable[[], Receiver]

    def __post_init__(self) -> None:
        self.receiver = self.new_receiver()
        self._database, self._caller = self.lab.open_database(), Caller(loopback=True)

    def webhook(self, receiver: Receiver | None = None, tenant: Tenant = TENANT) -> str:
        """Sets an organisation's webhook, and gives its secret."""
        where = (receiver or self.receiver).url
        database, settings = self.lab.database, self.laptop
        return set_webhook(tenant.org_id, where, "ada", database=database, settings=settings)[1]

    def waiting(self) -> list[DictRow]:
        return self.lab.psql(f"SELECT *, next_send_at - now() AS wait FROM {DELIVERIES}")

    def state(self) -> DictRow:
        [row] = self.lab.psql(
            f"SELECT * FROM kb.extraction_webhooks WHERE org_id = '{TENANT.org_id}'"
        )
        return row

    def deliver(self, *, later: bool = True, **options: Any) -> Delivered:
        """Calls webhooks as a sweep does; `later` as if a day had passed for what waits."""
        if later:
            self.lab.psql(f"UPDATE {DELIVERIES} SET next_send_at = next_send_at - interval '1 day'")
        return deliver_due(self._database, self._caller.post, **options)

    def ended(self, tenant: Tenant = TENANT) -> Job:
        """Makes a job and ends it."""
        job = self.lab.new_job(tenant=tenant, source_text="A secret.", source_id="letter 17")
        return self.lab.cancel(job, tenant)


@pytest.fixture
def hooks(lab: Lab, laptop: Settings, new_receiver: Callable[[], Receiver]) -> Iterator[Hooks]:
    assert switch_announcing(lab.psql.connection, on=True, trigger=WEBHOOK_TRIGGER)
    yield Hooks(lab, laptop, new_receiver)
    switch_announcing(lab.psql.connection, on=False, trigger=WEBHOOK_TRIGGER)


def test_each_ending_is_told_once_to_its_own_organisation_signed_and_without_the_document(
    hooks: Hooks, lab: Lab, verified: Verify
) -> None:
    ours, theirs = hooks.new_receiver(), hooks.new_receiver()
    secret = hooks.webhook(ours)
    hooks.webhook(theirs, OTHER)
    cancelled = hooks.ended()
    failed = lab.take(lab.new_job(source_text="A secret.")).job
    lab.psql.update("status = 'failed'", failed)
    of_others = hooks.ended(OTHER)
    hooks.ended(Tenant("initech", TENANT.project_id))  # it has no webhook
    assert hooks.deliver(later=False) == Delivered(delivered=3)
    assert theirs.jobs == [str(of_others.id)]
    assert sorted(ours.jobs) == sorted([str(cancelled.id), str(failed.id)])
    for headers, body in ours.got:
        message = verified(secret, headers, body)
        assert message["type"] == f"extraction-job.{message['data']['status']}"
        told, completed = message["timestamp"], message["data"]["completed_at"]
        assert datetime.fromisoformat(told) == datetime.fromisoformat(completed)
        assert b"A secret." not in body
        for changed in ({"webhook-id": "another"}, {"webhook-timestamp": "1"}):
            with pytest.raises(ValueError, match=r"wrong|old"):
                verified(secret, {**headers, **changed}, body)
        with pytest.raises(ValueError, match="wrong"):
            verified(secret, headers, body + b" ")
    assert hooks.deliver() == Delivered()
    assert hooks.waiting() == []


def test_a_receiver_that_is_down_and_comes_back_gets_it_later_under_the_same_id(
    hooks: Hooks,
) -> None:
    hooks.webhook()
    hooks.ended()
    hooks.receiver.status = 503
    for waits in (1, 2, 4):
        assert hooks.deliver() == Delivered(failed=1)
        [row] = hooks.waiting()
        assert 0.7 < row["wait"] / timedelta(minutes=waits) <= 1, "ever later"
    assert hooks.deliver(later=False) == Delivered()
    found = hooks.state()
    assert (found["failures"], found["last_failure"]) == (3, "The receiver answered 503.")
    assert found["failing_since"] is not None
    hooks.receiver.status = 200
    assert hooks.deliver() == Delivered(delivered=1)
    assert len({headers["webhook-id"] for headers, _ in hooks.receiver.got}) == 1
    found = hooks.state()
    assert (found["failures"], found["failing_since"], found["last_failure"]) == (0, None, None)
    assert found["delivered_at"] is not None


def test_a_fault_of_ours_counts_as_a_failure_and_is_logged_without_what_it_quotes(
    hooks: Hooks, lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    hooks.webhook()
    hooks.ended()
    lab.psql(f"UPDATE {DELIVERIES} SET next_send_at = now()")

    def post(url: str, headers: Mapping[str, str], body: bytes) -> None:
        raise RuntimeError(f"{url} {headers} {body!r}")

    assert deliver_due(lab.database, post) == Delivered(failed=1)
    assert hooks.state()["last_failure"] == "It could not be sent."
    assert "A webhook could not be called: RuntimeError" in caplog.text
    assert hooks.receiver.url not in caplog.text


def test_a_crash_between_the_call_and_its_note_gives_a_second_delivery_under_the_same_id(
    hooks: Hooks, lab: Lab, laptop: Settings
) -> None:
    hooks.webhook()
    hooks.ended()
    database = lab.open_database()
    [row] = database.rows(b"SELECT pg_backend_pid() AS pid")

    def post_and_die(url: str, headers: Mapping[str, str], body: bytes) -> None:
        Caller(loopback=True).post(url, headers, body)
        lab.psql(f"SELECT pg_terminate_backend({row['pid']}, 5000)")

    with pytest.raises(SweepFailedError, match="could not call webhooks"):
        Sweeper(database, lab.queue, laptop, post=post_and_die).sweep()
    assert hooks.deliver(later=False) == Delivered(), "reserved, as long as the sweep might live"
    assert hooks.deliver() == Delivered(delivered=1)
    first, second = hooks.receiver.got
    assert first[0]["webhook-id"] == second[0]["webhook-id"]
    assert first[1] == second[1]


def test_a_receiver_that_is_gone_is_switched_off_at_once_until_it_is_set_again(
    hooks: Hooks,
) -> None:
    hooks.webhook()
    hooks.ended()
    hooks.receiver.status = 410
    assert hooks.deliver() == Delivered(failed=1, disabled=1)
    assert hooks.state()["disabled_reason"] == "The receiver answered 410 Gone."
    hooks.ended()
    assert hooks.waiting() == [], "nothing is kept for it"
    assert hooks.deliver() == Delivered()
    hooks.receiver.status = 200
    hooks.webhook()
    assert (hooks.state()["disabled_at"], hooks.state()["disabled_reason"]) == (None, None)
    hooks.ended()
    assert hooks.deliver() == Delivered(delivered=1)


@pytest.mark.parametrize(
    ("failures", "age", "off"),
    [
        (MOST_FAILURES - 1, PATIENCE + timedelta(minutes=1), True),
        (MOST_FAILURES - 2, PATIENCE + timedelta(minutes=1), False),
        (MOST_FAILURES * 9, PATIENCE - timedelta(minutes=1), False),
    ],
)
def test_a_dead_receiver_is_switched_off_after_many_failures_over_days(
    hooks: Hooks, psql: Psql, failures: int, age: timedelta, off: bool
) -> None:
    hooks.webhook()
    hooks.ended()
    hooks.receiver.status = 500
    psql(
        "UPDATE kb.extraction_webhooks SET failures = %(failures)s, failing_since = now() - %(age)s",
        {"failures": failures, "age": age},
    )
    assert hooks.deliver().disabled == off
    reason = hooks.state()["disabled_reason"]
    if off:
        told = r"Nothing could be delivered since 20\d\d-.+ UTC\. The last time: The receiver answered 500\."
        assert re.fullmatch(told, reason)
    else:
        assert reason is None
    assert len(hooks.waiting()) == (0 if off else 1)


def test_a_delivery_is_given_up_after_a_day_of_tries(hooks: Hooks) -> None:
    hooks.webhook()
    hooks.ended()
    hooks.receiver.status = 400
    for _ in range(MOST_SENDS):
        assert len(hooks.waiting()) == 1
        assert hooks.deliver() == Delivered(failed=1)
    assert hooks.waiting() == []


def test_a_receiver_that_hangs_takes_bounded_time_and_keeps_no_other_organisation_waiting(
    hooks: Hooks,
) -> None:
    slow, quick = hooks.new_receiver(), hooks.new_receiver()
    hooks.webhook(slow)
    hooks.webhook(quick, OTHER)
    for _ in range(12):
        hooks.ended()
    others = [str(hooks.ended(OTHER).id) for _ in range(4)]
    slow.open.clear()
    started = time.monotonic()
    hooks.deliver(seconds=0.5)
    assert time.monotonic() - started < 2
    assert sorted(quick.jobs) == sorted(others)
    assert len(hooks.waiting()) == 12, "none of the slow one's is lost"
    untried = [each for each in hooks.waiting() if each["sends"] == 0]
    assert len(untried) == 12 - len(slow.got)


def test_webhooks_are_called_when_the_sweep_has_done_everything_else(
    hooks: Hooks, lab: Lab, laptop: Settings
) -> None:
    hooks.webhook()
    hooks.ended()
    orphan = lab.take(lab.new_job()).job
    lab.psql.make_idle(orphan.id, 60)
    seen = []

    def post(url: str, headers: Mapping[str, str], body: bytes) -> None:
        seen.append(lab.psql.job(orphan.id)["status"])

    Sweeper(lab.database, lab.queue, laptop, post=post).sweep(dry_run=True)
    assert seen == [], "a dry run calls nobody"
    Sweeper(lab.database, lab.queue, laptop, post=post).sweep()
    assert seen == ["pending"]


def test_the_bus_and_the_webhook_wait_for_none_of_each_other(
    hooks: Hooks, lab: Lab, laptop: Settings
) -> None:
    lab.psql("TRUNCATE kb.extraction_announcements")
    switch_announcing(lab.psql.connection, on=True, trigger=BUS_TRIGGER)
    try:
        hooks.webhook()
        first = hooks.ended()
    finally:
        switch_announcing(lab.psql.connection, on=False, trigger=BUS_TRIGGER)
    hooks.receiver.status = 503
    bus = MemoryBus()
    lab.psql("UPDATE kb.extraction_announcements SET next_send_at = now()")
    Sweeper(lab.database, lab.queue, laptop, bus=bus, post=Caller(loopback=True).post).sweep()
    assert [each.job_id for each in bus.told] == [first.id]
    hooks.receiver.status = 200
    assert hooks.deliver() == Delivered(delivered=1)
    assert hooks.receiver.jobs == [str(first.id)] * 2


def test_what_another_sweep_sends_is_not_sent_twice(hooks: Hooks, lab: Lab) -> None:
    hooks.webhook()
    first, second = hooks.ended(), hooks.ended()
    holder = lab.open_database()
    with holder.rolled_back():
        holder.rows(
            b"SELECT id FROM kb.extraction_webhook_deliveries WHERE job_id = %(id)s FOR UPDATE",
            {"id": first.id},
        )
        assert hooks.deliver(later=False) == Delivered(delivered=1)
    assert hooks.deliver(later=False) == Delivered(delivered=1)
    assert hooks.receiver.jobs == [str(second.id), str(first.id)]

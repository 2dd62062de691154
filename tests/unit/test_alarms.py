"""The alarms: what each rings at, what it does without data, whom it tells; and the dashboard that shows them all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import combinations

import pytest

from tests.unit.metric_math import state
from tests.unit.templates import ROOT
from tests.watching import Watching

WITH_DATABASE = Watching()
ALARMS = WITH_DATABASE.alarms
QUOTA = 1000.0

Data = Mapping[str, float]
# What an alarm by metric math rings at and what it does not, each one step from the other, and its state without data.
CASES: dict[str, tuple[Data, Data, str]] = {
    "StuckJobAlarm": ({"heartbeat": 481}, {"heartbeat": 480}, "unchanged"),
    "DeadLettersAlarm": ({"buried": 1}, {"buried": 0}, "OK"),
    "FailureRateAlarm": (
        {"completed": 78, "review": 1, "byworker": 21},
        {"completed": 79, "review": 1, "byworker": 20},
        "OK",
    ),
    "OldestPendingAlarm": ({"pending": 901}, {"pending": 900}, "unchanged"),
    "LambdaConcurrencyAlarm": (
        {"claimed": 801, "running": 1},
        {"claimed": 800, "running": 800},
        "OK",
    ),
    "DatabaseStorageAlarm": ({"free": 4_999e6}, {"free": 5_000e6}, "INSUFFICIENT_DATA"),
    "DatabaseMemoryAlarm": ({"freeable": 99e6}, {"freeable": 100e6}, "INSUFFICIENT_DATA"),
}


@pytest.mark.parametrize("fill_empty", [True, False])
@pytest.mark.parametrize("name", CASES)
def test_an_alarm_rings_past_its_limit_not_at_it_and_without_data_as_is_written(
    name: str, fill_empty: bool
) -> None:
    rings, is_well, without_data = CASES[name]
    seen = [
        state(ALARMS[name], data, quota=QUOTA, fill_empty=fill_empty)
        for data in (rings, is_well, {})
    ]
    assert seen == ["ALARM", "OK", without_data]


@pytest.mark.parametrize("fill_empty", [True, False])
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"byworker": 10}, "ALARM"),
        ({"bysweeper": 10}, "ALARM"),
        ({"bydeadletters": 10}, "ALARM"),
        ({"byworker": 9}, "OK"),  # fewer than ten tell nothing
        ({"completed": 10}, "OK"),
        ({"completed": 0, "byworker": 0}, "OK"),
        ({"bysweeper": 0}, "OK"),  # a sweep each minute, and no job
        ({"review": 7, "byworker": 1, "bysweeper": 1, "bydeadletters": 1}, "ALARM"),
    ],
    ids=str,
)
def test_the_failure_rate_is_right_though_some_endings_have_never_been_measured(
    data: Data, expected: str, fill_empty: bool
) -> None:
    alarm = ALARMS["FailureRateAlarm"]
    assert state(alarm, data, quota=QUOTA, fill_empty=fill_empty) == expected


@pytest.mark.parametrize("fill_empty", [True, False])
@pytest.mark.parametrize("letters", [{"waiting": 1}, {"buried": 1}, {"buried": 1, "waiting": 0}])
def test_a_dead_letter_is_seen_though_the_other_of_its_two_metrics_has_no_data(
    letters: Data, fill_empty: bool
) -> None:
    alarm = ALARMS["DeadLettersAlarm"]
    assert state(alarm, letters, quota=QUOTA, fill_empty=fill_empty) == "ALARM"


@pytest.mark.parametrize("minutes", ["0.01", "2", "1440"])
def test_a_job_is_stuck_three_sweeps_past_the_threshold_that_is_set(minutes: str) -> None:
    alarm = Watching(OrphanThresholdMinutes=minutes).alarms["StuckJobAlarm"]
    three_sweeps = 3 * 60
    last = 60 * float(minutes) + three_sweeps
    for seconds, expected in ((last, "OK"), (last + 1, "ALARM")):
        assert state(alarm, {"heartbeat": seconds}, quota=QUOTA, fill_empty=False) == expected


def test_a_sweeper_that_is_silent_for_five_minutes_is_an_alarm_unless_the_schedule_is_off() -> None:
    silent = ALARMS["SweeperSilentAlarm"]
    assert silent["Period"] * silent["EvaluationPeriods"] == 300
    assert silent["ActionsEnabled"] is True
    off = Watching(SweepScheduleState="DISABLED").alarms["SweeperSilentAlarm"]
    assert off["ActionsEnabled"] is False


def test_every_alarm_tells_somebody_and_has_its_page_in_the_runbook() -> None:
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    pages = set(re.findall(r"^## (\w+)$", runbook, re.MULTILINE))
    named = {"DatabaseEvents"}  # told by RDS itself
    for alarm in ALARMS.values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == ["AlarmTopic"]
        [page] = re.findall(r"See (\w+) in docs/runbook\.md\.$", alarm["AlarmDescription"])
        named.add(page)
    assert named == pages


def test_of_aurora_the_writer_is_watched_whichever_server_that_is_and_what_it_lacks_is_not() -> (
    None
):
    aurora = Watching(DatabaseKind="aurora-serverless")
    assert ALARMS.keys() - aurora.alarms.keys() == {
        "DatabaseStorageAlarm",
        "DatabaseCpuCreditsAlarm",
    }
    writer = (("DBClusterIdentifier", "Database.Outputs.ClusterId"), ("Role", "WRITER"))
    looked_at = {m: pairs for namespace, m, pairs in aurora.metrics() if namespace == "AWS/RDS"}
    for metric in (
        "CPUUtilization",
        "DatabaseConnections",
        "FreeableMemory",
        "MaximumUsedTransactionIDs",
    ):
        assert looked_at[metric] == writer
    [events] = aurora.of_type("AWS::RDS::EventSubscription").values()
    assert (events["SourceType"], events["SourceIds"]) == (
        "db-cluster",
        ["Database.Outputs.ClusterId"],
    )
    assert {"failover", "failure"} <= set(events["EventCategories"])


SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:database"


@pytest.mark.parametrize("instance", ["", "our-postgres"])
def test_a_database_of_ones_own_is_watched_if_it_is_named(instance: str) -> None:
    watching = Watching(DatabaseSecretArn=SECRET, AlarmDatabaseInstance=instance)
    of_database = {name for name in watching.alarms if name.startswith("Database")}
    assert len(of_database) == (6 if instance else 0)
    identifiers = {
        value
        for _, _, pairs in watching.metrics()
        for name, value in pairs
        if name.startswith("DB")
    }
    assert identifiers == ({instance} if instance else set())
    events = watching.of_type("AWS::RDS::EventSubscription").values()
    assert [each["SourceIds"] for each in events] == ([[instance]] if instance else [])


@pytest.mark.parametrize(
    "watching",
    [WITH_DATABASE, Watching(DatabaseSecretArn=SECRET)],
    ids=["with a database", "without"],
)
def test_the_dashboard_shows_every_alarm_and_no_widget_covers_another(watching: Watching) -> None:
    [alarms] = [each for each in watching.widgets if each["type"] == "alarm"]
    assert sorted(alarms["properties"]["alarms"]) == sorted(
        f"{name}.Arn" for name in watching.alarms
    )
    boxes = [(w["x"], w["y"], w["x"] + w["width"], w["y"] + w["height"]) for w in watching.widgets]
    assert all(right <= 24 for _, _, right, _ in boxes)
    for (left, top, right, bottom), (left2, top2, right2, bottom2) in combinations(boxes, 2):
        assert right <= left2 or right2 <= left or bottom <= top2 or bottom2 <= top

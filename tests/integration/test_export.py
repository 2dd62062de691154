"""The export of a job's objects: pages that make one file, and a table that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest

from tests.conftest import Psql
from tests.integration.conftest import ORG, PROJECT, Api, Invoke, message, sqs_event
from tests.integration.lambda_events import Answer

TENANT = {"org_id": ORG, "project_id": PROJECT}


def export(api: Api, job_id: UUID, **query: object) -> Answer:
    return api("GET", f"/extraction-jobs/{job_id}/export", query=TENANT | query)


def whole(api: Api, job_id: UUID, **query: object) -> tuple[str, int]:
    """The file, by following the links, and how many pages it took."""
    answer = export(api, job_id, **query)
    text, pages = answer.text, 1
    while link := answer.headers.get("link"):
        address = urlsplit(link.removeprefix("<").removesuffix('>; rel="next"'))
        following = dict(parse_qsl(address.query))
        assert following["cursor"] == answer.headers["next-cursor"]
        answer = api("GET", address.path, query=following)
        assert answer.status == 200, answer.text
        text, pages = text + answer.text, pages + 1
    return text, pages


def store(psql: Psql, job_id: UUID, objects: list[dict[str, Any]], lease: int = 1) -> None:
    """A result of these objects, each with `type` and `properties`; the second belongs to the first."""
    psql(
        "INSERT INTO kb.extracted_objects"
        " SELECT %(job)s, %(lease)s, n, gen_random_uuid(), o ->> 'type', o -> 'properties', '{}', 0.5, 0, 1"
        " FROM jsonb_array_elements(%(objects)s::jsonb) WITH ORDINALITY AS t (o, n)",
        {"job": job_id, "lease": lease, "objects": json.dumps(objects)},
    )
    psql(
        "INSERT INTO kb.extracted_relationships"
        " SELECT job_id, lease, 1, 'belongs_to', 2, 1, 0.75 FROM kb.extracted_objects"
        " WHERE ordinal = 2"
    )


def note(**properties: Any) -> dict[str, Any]:
    return {"type": "Note", "properties": properties}


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_json_lines_hold_what_the_list_of_objects_holds(api: Api, work: Invoke) -> None:
    text = "Invoice number: INV-7\nTotal: 118.50 EUR\n"
    job_id = api.created(source_text=text, extraction_config={"object_types": ["invoice"]})
    work(sqs_event(message(job_id)))
    listed = api("GET", f"/extraction-jobs/{job_id}/objects").json["items"]
    answer = export(api, job_id)
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["content-disposition"] == f'attachment; filename="{job_id}.jsonl"'
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines
    assert lines == [each | {"relationships": []} for each in listed]


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_pages_behind_each_other_are_the_file(
    api: Api, psql: Psql, seed_job: UUID, form: str
) -> None:
    store(psql, seed_job, [note(n=n, **({} if n % 2 else {"even": True})) for n in range(7)])
    one, pages = whole(api, seed_job, format=form)
    assert pages == 1
    several, pages = whole(api, seed_job, format=form, limit=3)
    assert pages == 3
    assert several == one
    if form == "csv":
        assert [row["n"] for row in table(one)] == [str(n) for n in range(7)]
        assert list(table(one)[0]) == [
            *("object.id", "object.type", "object.confidence", "object.page", "even", "n")
        ]
    else:
        lines = [json.loads(line) for line in one.splitlines()]
        assert [line["properties"]["n"] for line in lines] == list(range(7))
        assert lines[1]["relationships"] == [
            {"type": "belongs_to", "to_id": lines[0]["id"], "confidence": 0.75}
        ]


def test_a_page_fits_into_an_answer_however_large_its_objects(
    api: Api, psql: Psql, seed_job: UUID
) -> None:
    """Answer checks the limit itself."""
    store(psql, seed_job, [note(text="\x01é✓" * 120_000, n=n) for n in range(4)])
    for form in ("jsonl", "csv"):
        text, pages = whole(api, seed_job, format=form)
        assert pages > 1
        assert text.count("é") == 4 * 120_000


def test_no_cell_is_a_formula_and_numbers_stay_numbers(
    api: Api, psql: Psql, seed_job: UUID
) -> None:
    names = ("=cmd|'/c calc'!A1", "+1 555", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1+1")
    dangerous = {f"={number}": text for number, text in enumerate(names)}
    harmless = {"n": -12.5, "list": ["=1"], "yes": True, "text": 'a "b", c\n=d', "none": None}
    psql_objects = [{"type": "=Type", "properties": dangerous | harmless}]
    store(psql, seed_job, psql_objects)
    psql(
        """UPDATE kb.extracted_objects SET evidence = '{"n": {"citations": [{"page": 9}, {"page": 7}]},
        "list": [{"citations": [{"page": 8}]}], "yes": {"citations": []}}'"""
    )
    answer = export(api, seed_job, format="csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    [row] = table(answer.text)
    assert row["object.type"] == "'=Type"
    for name, text in dangerous.items():
        assert row[f"'{name}"] == f"'{text}"
    assert row["n"] == "-12.5"
    assert row["object.page"] == "7"
    assert row["list"] == '["=1"]'
    assert (row["yes"], row["none"]) == ("true", "")
    assert row["text"] == harmless["text"]


def test_a_table_can_be_of_one_type_and_has_its_columns_only(
    api: Api, psql: Psql, seed_job: UUID
) -> None:
    store(psql, seed_job, [note(a=1), {"type": "Person", "properties": {"name": "Ada"}}])
    rows = table(export(api, seed_job, format="csv", type="Person").text)
    assert [row["name"] for row in rows] == ["Ada"]
    assert "a" not in rows[0]
    assert export(api, seed_job, type="Nobody").text == ""


@pytest.mark.parametrize("form", ["jsonl", "csv"])
@pytest.mark.parametrize("what", ["replaced", "corrected"])
def test_pages_of_two_results_are_never_one_file(
    api: Api, psql: Psql, seed_job: UUID, form: str, what: str
) -> None:
    store(psql, seed_job, [note(n=n) for n in range(3)])
    psql("UPDATE kb.object_extraction_jobs SET status = 'requires_review'")
    cursor = export(api, seed_job, limit=1, format=form).headers["next-cursor"]
    if what == "replaced":
        psql("DELETE FROM kb.extracted_objects")
        store(psql, seed_job, [note(n=n) for n in range(3)], lease=2)
        psql("UPDATE kb.object_extraction_jobs SET status = 'completed'")
    else:
        approve = f"/extraction-jobs/{seed_job}/approve"
        assert api("POST", approve, query=TENANT, body={}).status == 200
    answer = export(api, seed_job, limit=1, cursor=cursor, format=form)
    assert answer.status == 409
    assert "replaced or corrected" in answer.json["detail"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("format", "xml"), ("limit", 1001), ("limit", 0), ("cursor", "MTc"), ("cursor", "LTEuLTE")],
)
def test_a_wrong_parameter_is_refused_by_name(
    api: Api, seed_job: UUID, name: str, value: object
) -> None:
    answer = export(api, seed_job, **{name: value})
    assert (answer.status, answer.faulty_fields) == (422, [name])


def test_a_rejected_result_is_not_exported(api: Api, psql: Psql, seed_job: UUID) -> None:
    store(psql, seed_job, [note(a=1)])
    psql("UPDATE kb.object_extraction_jobs SET status = 'failed'")
    assert export(api, seed_job).text == ""

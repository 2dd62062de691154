"""Whatever a model answers: no crash, nothing outside the schema, no citation that does not quote."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extraction import ChunkResult, Control, Options, extract_document
from extraction.llm import HybridExtractor, ModelExtractor, UnusableAnswerError
from tests.unit.extraction.llm.scripted import Scripted, document, reply, said, types
from tests.unit.extraction.papers import citations

ORDER = {
    "type": "object",
    "properties": {
        "number": {"type": "string", "pattern": "^[A-Z]-[0-9]+$"},
        "paid": {"type": "boolean"},
        "state": {"enum": ["open", "closed", 3]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "buyer": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "mail": {"type": "string", "format": "email"}},
        },
        "lines": {
            "type": "array",
            "items": {"type": "object", "properties": {"item": {"type": "string"}, "price": {"type": "number"}}},
        },
        "leaf": {"type": "string"},
        "fields": {"type": "object", "properties": {"leaf": {"type": "integer"}}},
    },
}  # fmt: skip
TYPES = types(Order=ORDER)
TEXT = (
    "Order A-12 for Ada Lovelace (ada@example.com), state: open. Paid: yes.\n"
    "| Item | Price |\n| --- | --- |\n| Bolt | 1.50 |\n| Nut | 0.50 |\n| Bolt | 1.50 |\n"
    "Tags: urgent, export. Leaf 7.\n"
)
DOC = document(TEXT, pages=(0, 70))
WHOLE = {
    "object_id": "o",
    "number": said("A-12"),
    "paid": said(True, "Paid: yes"),
    "state": said("open"),
    "tags": [said("urgent"), said("export")],
    "buyer": {"name": said("Ada Lovelace"), "mail": said("ada@example.com")},
    "lines": [
        {"item": said(item), "price": said(price, f"{price:.2f}")}
        for item, price in (("Bolt", 1.5), ("Nut", 0.5), ("Bolt", 1.5))
    ],
    "leaf": said("Leaf"),
    "fields": {"leaf": said(7)},
}
PLAIN = {
    "number": "A-12",
    "paid": True,
    "state": "open",
    "tags": ["urgent", "export"],
    "buyer": {"name": "Ada Lovelace", "mail": "ada@example.com"},
    "lines": [
        {"item": "Bolt", "price": 1.5},
        {"item": "Nut", "price": 0.5},
        {"item": "Bolt", "price": 1.5},
    ],
    "leaf": "Leaf",
    "fields": {"leaf": 7},
}


def objects(answer: Any, options: Options | None = None) -> list[Any]:
    model = Scripted([answer, answer])
    found = extract_document(ModelExtractor(model), DOC, TYPES, options or Options())
    return list(found.extraction.objects)


def test_an_object_of_every_shape_comes_out_as_it_was_said() -> None:
    (found,) = objects({"Order": [WHOLE]})
    assert found.properties == PLAIN
    starts = [line["item"]["citations"][0]["start"] for line in found.evidence["lines"]]
    assert starts == [TEXT.index("| Bolt") + 2, TEXT.index("Nut"), TEXT.rindex("Bolt")]


@pytest.mark.parametrize(
    "answer",
    [
        {"Order": WHOLE},
        {"Order": json.dumps([WHOLE])},
        {"Order": [json.dumps(WHOLE)]},
        json.dumps({"Order": [WHOLE]}),
        {"Order": [{**WHOLE, "tags": json.dumps(WHOLE["tags"]), "unheard": 1}]},
        {
            "Order": [
                {**WHOLE, "number": "A-12", "paid": [said("yes")], "state": said("OPEN", "open")}
            ]
        },
    ],
)
def test_slips_that_models_are_prone_to_are_undone(answer: Any) -> None:
    (found,) = objects(reply(answer))
    assert found.properties == PLAIN


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("number", "a12"),
        ("number", {"deep": 1}),
        ("paid", "perhaps"),
        ("paid", 2),
        ("state", "lost"),
        ("state", 4),
        ("buyer", "Ada"),
        ("leaf", True),
    ],
)
def test_a_value_that_the_schema_rules_out_is_left_out(name: str, value: Any) -> None:
    (found,) = objects({"Order": [{"tags": [said("urgent")], name: said(value, "Order")}]})
    assert found.properties == {"tags": ["urgent"]}


def test_two_answers_in_one_reply_are_read_as_one() -> None:
    found = objects(
        reply({"Order": [{"number": said("A-12")}]}, {"Order": [{"leaf": said("Leaf")}]})
    )
    assert sorted(map(str, (o.properties for o in found))) == [
        "{'leaf': 'Leaf'}",
        "{'number': 'A-12'}",
    ]


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=30),
    st.sampled_from(
        [
            "A-12",
            "Bolt",
            "1.50",
            "Ada Lovelace",
            "open",
            "7",
            "[1]",
            '{"value": 3}',
            "\x00",
            "\ud800",
        ]
    ),
)
NAMES = st.sampled_from(
    ["Order", "relationships", "object_id", "value", "quote", "number", "paid", "state", "tags", "buyer", "name",
     "lines", "item", "price", "leaf", "fields", "alignment", "citations", "from", "to", "type"]
)  # fmt: skip
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=6)),
    max_leaves=40,
)
VALUES = st.fixed_dictionaries(
    {"value": SCALARS, "quote": st.one_of(SCALARS, st.sampled_from(TEXT.split()))}
)


@st.composite
def answers(draw: st.DrawFn) -> Any:
    if draw(st.integers(0, 3)) == 0:
        return draw(JSON)
    orders = [
        {
            key: draw(st.one_of(VALUES, JSON)) if draw(st.booleans()) else whole
            for key, whole in WHOLE.items()
        }
        for _ in range(draw(st.integers(1, 3)))
    ]
    return {"Order": orders, "relationships": draw(JSON)}


@given(answers(), st.booleans(), st.booleans())
def test_no_answer_breaks_the_reader_or_its_promises(
    answer: Any, grounded: bool, hybrid: bool
) -> None:
    model = Scripted(lambda _: reply(answer))
    extractor = HybridExtractor(model) if hybrid else ModelExtractor(model)
    whole = extract_document(extractor, DOC, TYPES, Options(grounding_required=grounded))
    assert all(isinstance(o.error, UnusableAnswerError) for o in whole.outcomes if o.error)
    for found in whole.extraction.objects:
        assert set(found.properties) <= set(ORDER["properties"])
        assert 0 <= found.confidence <= 1
        json.dumps([found.properties, found.evidence], allow_nan=False, ensure_ascii=False).encode()
        for cited in citations(found.evidence):
            if cited["alignment"] == "none":
                assert not grounded
                assert cited["start"] is cited["end"] is cited["page"] is None
            else:
                assert TEXT[cited["start"] : cited["end"]] == cited["quote"] != ""
                assert found.start <= cited["start"] < cited["end"] <= found.end
                assert cited["page"] in (1, 2)
    assert 0 <= whole.extraction.coverage <= 1


@given(answers())
def test_a_checkpoint_is_the_same_when_it_has_been_stored(answer: Any) -> None:
    extractor = ModelExtractor(Scripted(lambda _: reply(answer)))
    run = extractor.start(DOC, TYPES, Options(grounding_required=False))
    try:
        result = run.chunk(0, control=Control())
    except UnusableAnswerError:
        return
    stored = json.dumps(result.to_json(), allow_nan=False, ensure_ascii=False).encode()
    assert b"\\u0000" not in stored
    again = ChunkResult.from_json(json.loads(stored))
    assert run.result([again]) == run.result([result])

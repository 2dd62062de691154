"""Values, people, duties and meetings in running text, with the ready-made types and with one's own."""

from __future__ import annotations

from typing import Any

import pytest

from extraction import Options
from extraction.records.ranking.cues import stem
from tests.unit.extraction.papers import DAY, NUMBER, TEXT, Found, extracted, found, inside, typed


def of_kind(text: str, kind: str, types: Any = None) -> list[Found]:
    return found(text, types, kind, Options())


def links(text: str, types: Any = None) -> set[tuple[str, str, str]]:
    """Each relationship: whose, which, and the name of what it leads to."""
    whole = extracted(text, types, Options())
    return {
        (
            whole.objects[link.from_index].type,
            link.type,
            whole.objects[link.to_index].properties["name"],
        )
        for link in whole.relationships
    }


# ---------------------------------------------------------------- the only value of its kind


def told(text: str, **properties: Any) -> Found:
    """What is found of a type whose properties are these; none or one object."""
    objects = found(text, typed("Thing", **properties), options=Options())
    assert len(objects) <= 1
    return objects[0] if objects else {}


def test_a_verb_and_its_noun_have_one_stem() -> None:
    pairs = (
        "arrives arrival, delivered delivery, announced announcement, completed completion,"
        " departs departure, signed signatory, organised organizer"
    )
    for verb, noun in (pair.split() for pair in pairs.split(",")):
        assert stem(verb) == stem(noun), verb


CHOICE = {"type": "string", "enum": ["approved", "rejected"]}
TOLD: list[tuple[str, dict[str, Any], Found]] = [
    ("The Volta will launch on 15 May 2026 in Spain.", {"launch_date": DAY}, {"launch_date": "2026-05-15"}),
    ("The course begins on 1 July 2026.", {"start_date": DAY}, {"start_date": "2026-07-01"}),
    ("The permit is valid until 3 June 2027.", {"expiry_date": DAY}, {"expiry_date": "2027-06-03"}),
    ("A ticket costs EUR 12.50.", {"ticket_price": NUMBER}, {"ticket_price": 12.5}),
    ("The lease runs for a period of twelve months.", {"duration": TEXT}, {"duration": "twelve months"}),
    ("You will report to Ines Vidal.", {"manager": TEXT}, {"manager": "Ines Vidal"}),
    ("Either side may leave with two weeks' notice.", {"notice_period": TEXT}, {"notice_period": "two weeks"}),
    ("Der Vertrag endet am 31. Mai 2027.", {"end_date": DAY}, {"end_date": "2027-05-31"}),
    ("L'exposition débute le 3 octobre 2026.", {"start_date": DAY}, {"start_date": "2026-10-03"}),
    # Each value goes to one property.
    ("The contract begins on 1 July 2026 and ends on 30 June 2027.", {"start_date": DAY, "end_date": DAY},
     {"start_date": "2026-07-01", "end_date": "2027-06-30"}),
    # A labelled value wins over one in prose.
    ("Start date: 1 May 2026\n\nThe pilot before it started on 3 March 2026.", {"start_date": DAY},
     {"start_date": "2026-05-01"}),
    # What is left goes to the only property of its sort.
    ("please note 3 May 2026 and write to help@acme.example.", {"visit_date": DAY, "contact_email": TEXT},
     {"visit_date": "2026-05-03", "contact_email": "help@acme.example"}),
    # The only choice that is named is chosen.
    ("We are glad that your claim has been approved by the board. The fee is EUR 9.", {"status": CHOICE, "fee": NUMBER},
     {"status": "approved", "fee": 9}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "properties", "expected"), TOLD)
def test_the_only_value_of_a_kind_needs_no_label(
    text: str, properties: dict[str, Any], expected: Found
) -> None:
    assert told(f"{text}\n", **properties) == expected


def test_two_values_for_one_property_are_not_guessed_between() -> None:
    text = "Dear team,\n\nplease note 3 May 2026 and 9 May 2026.\n"
    assert "visit_date" not in told(text, visit_date=DAY, note=TEXT)


@pytest.mark.parametrize("hints", [{}, {"x-occurs": "document"}])
def test_what_is_left_over_is_looked_for_in_a_document_of_one_object(hints: dict[str, str]) -> None:
    pitch = inside(
        number={"type": "string", "format": "identifier"},
        sort={"type": "string", "enum": ["tent", "caravan"]},
    )
    text = "Booking number: P-771\n\nWe look forward to you and your caravan."
    assert found(text, {"Pitch": pitch | hints}) == [{"number": "P-771", "sort": "caravan"}]


# ---------------------------------------------------------------- people and parties


@pytest.mark.parametrize(
    ("sentence", "person"),
    [
        ("We met Lena Fischer, Senior Scientist at Agrosol AG, on Monday.",
         {"name": "Lena Fischer", "role": "Senior Scientist"}),
        ("Write to Tom Brandt (tom@kessel.example) for more.",
         {"name": "Tom Brandt", "email": "tom@kessel.example"}),
        ("We thank Karin Hoffmann for her work.", {"name": "Karin Hoffmann"}),
    ],
)  # fmt: skip
def test_a_person_is_known_by_a_job_an_address_or_a_given_name(
    sentence: str, person: Found
) -> None:
    assert of_kind(f"Dear all,\n\n{sentence}\n", "Person") == [person]


def test_two_words_with_capitals_alone_are_no_person_nor_is_a_service_with_its_number() -> None:
    for name in ("Business Days", "Harbour Room", "Canal Bridge", "Polaris Home"):
        assert of_kind(f"Dear all,\n\nplease look at the {name} again.\n", "Person") == []
    services = "Leak Detection     020 555 1234\nBoiler Service     020 555 1235\n"
    assert of_kind(services, "Person", "contact") == []


def test_numbers_in_a_signature_are_the_persons() -> None:
    signed = (
        "Best wishes,\n\nMarta Lindqvist\nPlant engineer\nCorvane Pumpar AB\n+46 31 555 01 20\n"
        "marta.lindqvist@corvane-pumpar.example\n"
    )
    assert of_kind(signed, "Organisation", "contact") == [{"name": "Corvane Pumpar AB"}]


GERMAN = """Dienstleistungsvertrag

zwischen der Seebach Maschinenbau GmbH, Industriestraße 14, 70565 Stuttgart (nachfolgend „Auftraggeber“)
und der Klarblick Beratung AG, Leopoldstraße 88, 80802 München (nachfolgend „Auftragnehmer“).

Die Vergütung beträgt insgesamt 48.000 EUR. Der Vertrag tritt am 1. Juni 2026 in Kraft.
"""


def test_parties_with_their_defined_roles_in_german() -> None:
    (contract,) = of_kind(GERMAN, "Contract")
    assert contract["parties"] == [
        {"name": "Seebach Maschinenbau GmbH", "role": "Auftraggeber"},
        {"name": "Klarblick Beratung AG", "role": "Auftragnehmer"},
    ]
    assert contract["effective_date"] == "2026-06-01"
    assert ("Contract", "parties", "Klarblick Beratung AG") in links(GERMAN)


@pytest.mark.parametrize(
    ("text", "parties"),
    [
        # In a list under "between".
        (("MUTUAL AGREEMENT\n\nThis Agreement is made on 6 February 2026 between\n\n"
          '(1) KESTREL OPTICS LIMITED, a company registered in Scotland ("Kestrel"); and\n\n'
          '(2) VALMORE PHOTONICS GMBH, of Jena, Germany ("Valmore").\n'),
         ["KESTREL OPTICS LIMITED", "VALMORE PHOTONICS GMBH"]),
        # Who signs for a party is none.
        (("CONTRAT DE PRESTATION\n\n"
          "Entre Atelier Corbin SARL (« le Prestataire ») et Mairie Conseil SAS (« le Client »).\n\n"
          "Le contrat prend effet le 1er mars 2026.\n\n"
          "Pour le Prestataire : Odile Ferrand\nPour le Client : Marc Aubert\n"),
         ["Atelier Corbin SARL", "Mairie Conseil SAS"]),
    ],
)  # fmt: skip
def test_who_is_a_party(text: str, parties: list[str]) -> None:
    contract = of_kind(text, "Contract")[0]
    assert [party["name"] for party in contract["parties"]] == parties


# ---------------------------------------------------------------- requirements


def requirements(text: str) -> list[Found]:
    return found(text, "requirements", options=Options())


def test_only_a_main_clause_about_somebody_binds() -> None:
    for sentence in (
        "Tariffs that shall apply on holidays are listed in the annex.",
        "The lid of a hold, which must lie flat, is called a hatch cover.",
        "The firmware shall do the following at night:",
    ):
        assert requirements(sentence + "\n") == []


@pytest.mark.parametrize(
    ("sentence", "subject", "modality"),
    [
        ("The operator must notify the buyer.", "The operator", "must"),
        ("If the level that must be kept is lost, the meter shall stop at once.", "the meter", "shall"),
        ("Licences that can be moved shall be moved at no charge.", "Licences that can be moved", "shall"),
        ("The Supplier, if asked to, shall repair the pump.", "The Supplier", "shall"),
        ("Die Benutzer müssen ihre Buchungen löschen können.", "Die Benutzer", "müssen"),
        ("Les données ne doivent pas être conservées après un an.", "Les données", "ne doivent pas"),
    ],
)  # fmt: skip
def test_who_is_bound_and_how(sentence: str, subject: str, modality: str) -> None:
    expected = {"text": sentence, "subject": subject, "modality": modality}
    assert requirements(sentence + "\n") == [expected]


def test_should_binds_where_it_is_numbered_as_a_requirement() -> None:
    assert requirements("You should wear warm clothes on deck.\n") == []
    (one,) = requirements("2.2 Log files should be compressed every night.\n")
    assert (one["id"], one["modality"]) == ("2.2", "should")


@pytest.mark.parametrize("ids", ["2.1 2.2", "B.1.1 B.1.2", "REQ-001 REQ-002", "R1 R2"])
def test_numbers_in_a_column_of_their_own_number_sentences(ids: str) -> None:
    first, second = ids.split()
    gap = " " * 4
    one, two = requirements(
        f"{first}{gap}The Contractor shall clean all windows and shall hand the log of every visit to\n"
        f"{' ' * len(first)}{gap}the Manager.\n{second}{gap}Ladders must not be left on site.\n"
    )
    assert (one["id"], one["subject"], two["id"], two["subject"]) == (
        *(first, "The Contractor", second, "Ladders"),
    )
    assert one["text"].endswith("to the Manager.")


# ---------------------------------------------------------------- meetings

MINUTES = """Northwell Allotment Association

MINUTES OF THE COMMITTEE

The committee met on Tuesday 3 March 2026 at 7.15 pm in the Quaker Hall.
Present: Judith Sayle, Omar Haddad, Ruth Price

1. Water
The minutes of 5 January 2026 were approved. Judith asked Omar Haddad to obtain two quotes for the tap before
1 April 2026.

2. Paths
It was agreed that the east path be closed in winter.
ACTION: Ruth Price
"""


def test_the_sentence_that_announces_a_meeting_says_when() -> None:
    meeting = of_kind(MINUTES, "Meeting", "meeting_minutes")[0]
    assert (meeting["date"], meeting["time"]) == ("2026-03-03", "19:15")
    assert meeting["title"] == "MINUTES OF THE COMMITTEE"
    for sentence, day in (
        ("La réunion s'est tenue le 12 mai 2026 à 18:30 à Lyon.", "2026-05-12"),
        ("Die Sitzung findet am 4. Juni 2026 um 20:00 Uhr statt.", "2026-06-04"),
        ("L'assemblea si è tenuta il 7 aprile 2026 alle ore 21:00.", "2026-04-07"),
    ):
        text = f"Minutes\n\n{sentence}\n\nPresent: Judith Sayle, Omar Haddad\n"
        assert of_kind(text, "Meeting", "meeting_minutes")[0].get("date") == day

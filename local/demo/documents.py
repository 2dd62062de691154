"""The documents of the demo: those under examples/documents, and a long file made from a year of meetings."""

from datetime import date, timedelta

from local.package import ROOT

_EXAMPLES = ROOT / "examples" / "documents"

# The first bytes of a picture: what one gets when somebody puts a scan where a text should be.
NOT_A_TEXT = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x06\x72\x00\x00\x09\x24\x08\x00\x00\x00\x00" * 8
)

_MEETINGS = 104
_PEOPLE = [
    *("Amelia Hart", "Jonas Weber", "Priya Raman", "Tomás Ibáñez", "Ingrid Solberg"),
    *("Samuel Okafor", "Claire Fontaine", "Marek Nowak", "Hannah Lindqvist", "David Osei"),
]
_WORK = [
    *("the water treatment plant", "the north access road", "the control room", "pump station 4"),
    *("the site drainage", "the transformer yard", "the staff building", "the flood barrier"),
    *("the intake tunnel", "the laboratory", "the perimeter fence"),
]
_DECISIONS = [
    "accept the revised drawings for {work}",
    "postpone the inspection of {work} by two weeks",
    "award the concrete works at {work} to the second bidder",
    "release the retention money for {work}",
    "repeat the pressure test at {work} before handover",
]
_TASKS = [
    "Send the updated schedule for {work}",
    "Obtain three quotations for {work}",
    "Close the open safety findings at {work}",
    "Publish the survey results of {work}",
    "Arrange the visit of the inspector to {work}",
    "Settle the change request for {work}",
    "Confirm the delivery dates for {work}",
]
_TALK = """\
{chair} reported that work on {work} went on through the week with a crew of {crew}. The weather cost one day; the
surveyor's readings of {day} lie within the tolerances. {speaker} asked for the cost forecast, which stands at
{cost:,.2f} EUR and is to be reviewed at the end of the quarter. The risk register was read through: two entries were
lowered, none was added. {other} described how the neighbours were told about the night shifts, and what they
answered. No accidents were reported.
"""


def case_file() -> str:
    """Return a document of more than a hundred pages: a contract, and the minutes of two years."""
    start = date(2024, 1, 9)
    pages = [_page(number, start + timedelta(weeks=number)) for number in range(_MEETINGS)]
    return "\f".join([contract(), *pages])


def contract() -> str:
    """Return the example contract."""
    return _example("contract")


def minutes() -> str:
    """Return the example minutes."""
    return _example("minutes")


def invoice() -> str:
    """Return the example invoice."""
    return _example("invoice")


def _example(name: str) -> str:
    [file] = [f for f in _EXAMPLES.iterdir() if f.stem == name and f.suffix in {".md", ".txt"}]
    return file.read_text(encoding="utf-8")


def _page(number: int, day: date) -> str:
    """Return the minutes of one weekly meeting; no two have the same decisions and actions."""
    chair, speaker, other = (_PEOPLE[(number * step + step) % len(_PEOPLE)] for step in (1, 3, 7))
    work = _WORK[number % len(_WORK)]
    decision = _DECISIONS[number % len(_DECISIONS)].format(work=work)
    actions = [
        f"A-{number + 1:03}{letter} {_TASKS[(number + at) % len(_TASKS)].format(work=work)} — "
        f"{_PEOPLE[(number + at) % len(_PEOPLE)]}, due {day + timedelta(days=7 + 3 * at):%d %B %Y}"
        for at, letter in enumerate("abc")
    ]
    talk = _TALK.format(
        chair=chair,
        speaker=speaker,
        other=other,
        work=work,
        crew=12 + number % 9,
        day=f"{day - timedelta(days=1):%d %B}",
        cost=1_204_500 + 731.25 * number,
    )
    return "\n".join(
        [
            f"# Site meeting {number + 1}",
            "",
            f"Date: {day:%d %B %Y}",
            f"Chair: {chair}",
            f"Present: {chair}, {speaker}, {other}",
            "",
            talk,
            "## Decisions",
            "",
            f"D-{number + 1:03} It was decided to {decision}.",
            "",
            "## Actions",
            "",
            *actions,
            "",
        ]
    )

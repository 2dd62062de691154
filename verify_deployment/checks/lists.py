"""The list of jobs: its pages, and the statistics that must agree with it."""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus

from verify_deployment.documents import invoice
from verify_deployment.model import Job, SkippedError
from verify_deployment.run import JOBS, Run
from verify_deployment.transport import UnexpectedAnswerError

_JOBS_TO_PAGE = 5
_PAGE = 2
_MOST_JOBS = 2_000


def paging(run: Run) -> str:
    """Small pages, one after the other, are the whole list: newest first, none twice, none missing."""
    while len(run.created) < _JOBS_TO_PAGE:
        run.created_job({"source_text": invoice(run.name)})
    paged: list[str] = []
    cursor: str | None = ""
    pages = 0
    while cursor is not None:
        query = {"source_type": run.name, "limit": str(_PAGE)}
        page = run.get(JOBS, query | ({"cursor": cursor} if cursor else {})).expect(HTTPStatus.OK)
        ids = [Job.of(each).id for each in page.take(list, "items")]
        if len(ids) > _PAGE or set(ids) & set(paged):
            raise UnexpectedAnswerError(
                f"expected at most {_PAGE} jobs on page {pages + 1}, none of them seen before; "
                f"got {len(ids)}, {len(set(ids) & set(paged))} of them again"
            )
        paged += ids
        pages += 1
        if pages > len(run.created):
            raise UnexpectedAnswerError(f"expected the list to end; it has a page {pages + 1}")
        cursor = page.json().get("next_cursor")
    if set(paged) != set(run.created):
        raise UnexpectedAnswerError(
            f"expected the {len(run.created)} jobs of this run on the pages; got {len(paged)}, "
            f"{len(set(run.created) - set(paged))} are missing"
        )
    if paged != run.created[::-1]:
        raise UnexpectedAnswerError("expected the newest job first; the pages are in another order")
    run.get(JOBS, {"limit": "0"}).expect(HTTPStatus.UNPROCESSABLE_ENTITY)
    return f"{len(paged)} jobs on {pages} pages, newest first, each once"


def statistics(run: Run) -> str:
    """The counts by status are those of the list; looked at until nothing moves between two looks."""
    run.completed()

    def look() -> tuple[Counter[str], Counter[str], Counter[str]]:
        before = _listed(run)
        counts = run.get(f"{JOBS}/statistics").expect(HTTPStatus.OK).take(dict, "counts")
        return before, +Counter(counts), _listed(run)

    _, counted, _ = run.wait(
        look,
        lambda seen: seen[0] == seen[1] == seen[2],
        lambda seen: f"expected the counts of the list ({_text(seen[0])}); got {_text(seen[1])}",
    )
    return _text(counted)


def _listed(run: Run) -> Counter[str]:
    counts: Counter[str] = Counter()
    for each in run.items(JOBS, {"limit": "200"}):
        counts[Job.of(each).status] += 1
        if counts.total() > _MOST_JOBS:
            raise SkippedError(
                f"the project holds more than {_MOST_JOBS} jobs; leave PROJECT out, or name another"
            )
    return counts


def _text(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {status}" for status, number in sorted(counts.items())) or "none"

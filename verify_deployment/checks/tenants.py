"""Tenant isolation: what belongs to another organisation is refused, or looks as if it were not there."""

from __future__ import annotations

from http import HTTPStatus

from verify_deployment.documents import invoice
from verify_deployment.model import SkippedError, Tenant
from verify_deployment.run import JOBS, Run
from verify_deployment.transport import UnexpectedAnswerError


def one_token(run: Run) -> str:
    """Another organisation's name is refused to this token, and another project does not show the job."""
    job_id, own = run.completed().id, run.tenant
    stranger = Tenant(own.token, f"not-{run.name}", own.project_id)
    _refused_to(run, stranger, job_id)
    elsewhere = Tenant(own.token, own.org_id, f"not-{own.project_id}"[:200])
    run.get(f"{JOBS}/{job_id}", caller=elsewhere).expect(HTTPStatus.NOT_FOUND)
    return "another organisation's name: 403, its jobs: 404; another project's job: 404"


def two_tokens(run: Run) -> str:
    """A caller of another organisation neither sees nor changes this one's jobs, nor the other way round."""
    if run.other is None:
        raise SkippedError(
            "needs TOKEN_OF_ANOTHER_ORG; with one token only what the row above says"
        )
    job_id, own, other = run.completed().id, run.tenant, run.other
    _refused_to(run, Tenant(other.token, own.org_id, own.project_id), job_id)
    _refused_to(run, Tenant(own.token, other.org_id, other.project_id), job_id)
    # As itself, it asks for a job that is not its own.
    _sees_nothing_of(run, Tenant(other.token, other.org_id, own.project_id), job_id)
    listed = run.get(JOBS, caller=Tenant(other.token, other.org_id, own.project_id))
    if listed.expect(HTTPStatus.OK).take(list, "items"):
        raise UnexpectedAnswerError(
            f"expected no job of {other.org_id} in the project {own.project_id}; there are some"
        )
    places = run.get(f"{JOBS}/projects", {"job_id": job_id}, caller=other).expect(HTTPStatus.OK)
    if places.take(list, "items"):
        raise UnexpectedAnswerError(
            f"expected GET {JOBS}/projects to hide where job {job_id} is; it tells another organisation"
        )
    return f"{other.org_id} neither sees nor changes jobs of {own.org_id}, and the other way round"


def _refused_to(run: Run, caller: Tenant, job_id: str) -> None:
    """The caller names an organisation that its token does not."""
    run.get(JOBS, caller=caller).expect(HTTPStatus.FORBIDDEN)
    run.get(f"{JOBS}/statistics", caller=caller).expect(HTTPStatus.FORBIDDEN)
    source = {"source_text": invoice(run.name)}
    run.create(source, caller=caller).expect(HTTPStatus.FORBIDDEN)
    _sees_nothing_of(run, caller, job_id)


def _sees_nothing_of(run: Run, caller: Tenant, job_id: str) -> None:
    for part in ("", "/objects", "/events", "/document"):
        run.get(f"{JOBS}/{job_id}{part}", caller=caller).expect(HTTPStatus.NOT_FOUND)
    for verb in ("retry", "cancel"):
        run.post(f"{JOBS}/{job_id}/{verb}", caller=caller).expect(HTTPStatus.NOT_FOUND)

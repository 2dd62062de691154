"""How jobs end and begin again: failed, retried, cancelled, one at a time and in bulk."""

from __future__ import annotations

import base64
import time
from collections.abc import Sequence
from http import HTTPStatus

from verify_deployment.aws import AwsFailedError, AwsRefusedError
from verify_deployment.checks.results import cited
from verify_deployment.documents import NOT_A_DOCUMENT, invoice, long_text
from verify_deployment.model import Job, SkippedError
from verify_deployment.run import JOBS, Run
from verify_deployment.transport import Answer, UnexpectedAnswerError

# Long enough that a worker which has not heard of the cancel would have gone on.
_STAYS_SECONDS = 3.0
# No result is surer than this or uses more of its document, so the job asks for a review whatever reads it.
_ALWAYS_REVIEW = {"review_below_confidence": 1.0, "review_below_coverage": 1.0}


def retry_of_a_completed_job(run: Run) -> str:
    """It is refused, and the job stays as it is."""
    job = run.completed()
    answer = run.post(f"{JOBS}/{job.id}/retry")
    _expect_refusal(answer, "Cannot retry job with status: completed")
    run.job(job.id).expect("completed")
    return f"refused: {answer.take(str, 'detail')}"


def unreadable_source(run: Run) -> str:
    """A worker fails what is no document, and says why."""
    content = base64.b64encode(NOT_A_DOCUMENT).decode()
    job = run.wait_for_end(run.created_job({"source_base64": content}).id).expect("failed")
    if not job.error_message:
        raise UnexpectedAnswerError(f"expected a reason why job {job.id} failed; it has none")
    return f"job {job.id} failed: {job.error_message}"


def rejected_and_retried(run: Run) -> str:
    """A job whose result a reviewer rejects is failed; a retry makes the result anew, and it is approved.

    A job that a worker fails would fail again: its source is part of it. The reviewer is what the API alone offers.
    """
    rejected = _rejected(run)
    retried = _retried(run, rejected)
    again = run.wait_for_end(retried.id).expect("requires_review")
    if again.lease <= rejected.lease:
        raise UnexpectedAnswerError(
            f"expected a new claim of job {again.id} after its retry; its lease is {again.lease} as before"
        )
    run.approved(again)
    run.job(again.id).expect("completed")
    found = cited(run, again.id)
    _expect_history(
        run,
        again.id,
        (
            "running",
            "requires_review",
            "failed",
            "pending",
            "running",
            "requires_review",
            "completed",
        ),
    )
    return f"job {again.id}: failed by a reviewer, retried, approved; {found}"


def source_replaced_and_retried(run: Run) -> str:
    """A worker fails what lies in S3; the right file is put in its place, and a retry completes the job."""
    bucket = run.source_bucket
    if not bucket:
        raise SkippedError("needs SOURCE_BUCKET, and AWS credentials that may write to it")
    key = f"{run.tenant.org_id}/{run.name}.txt"
    try:
        run.aws.put(bucket, key, NOT_A_DOCUMENT, run.seconds_left)
        try:
            job = run.created_job({"source_uri": f"s3://{bucket}/{key}"})
            failed = run.wait_for_end(job.id).expect("failed")
            run.aws.put(bucket, key, invoice(run.name).encode(), run.seconds_left)
            run.approved(run.wait_for_end(_retried(run, failed).id))
        finally:
            run.aws.delete(bucket, key, run.seconds_left)
    except AwsRefusedError as error:
        raise SkippedError(str(error)) from None
    except AwsFailedError as error:
        raise UnexpectedAnswerError(
            f"expected s3://{bucket}/{key} to be written; {error}"
        ) from None
    found = cited(run, job.id)
    _expect_history(run, job.id, ("running", "failed", "pending", "running", "completed"))
    return f"job {job.id}: failed ({failed.error_message}) and retried; {found}"


def cancel(run: Run) -> str:
    """A long job is cancelled and stays so; neither a retry nor a second cancel is taken."""
    job = run.created_job(
        {"source_text": long_text(), "extraction_config": {"chunk_characters": 200}}
    )
    answer = run.post(f"{JOBS}/{job.id}/cancel").expect(HTTPStatus.OK)
    Job.of(answer.json()).expect("cancelled")
    until = time.monotonic() + _STAYS_SECONDS
    run.wait(
        lambda: run.job(job.id).expect("cancelled"),
        lambda _: time.monotonic() > until,
        lambda _: f"expected to watch job {job.id} for {_STAYS_SECONDS:g} s",
    )
    for verb in ("cancel", "retry"):
        refused = run.post(f"{JOBS}/{job.id}/{verb}")
        _expect_refusal(refused, f"Cannot {verb} job with status: cancelled")
    return f"job {job.id} was cancelled, and still is after {_STAYS_SECONDS:g} s"


def bulk_retry(run: Run) -> str:
    """A dry run lists what would change and changes nothing; the bulk retry then changes just that."""
    failed, completed = _rejected(run), run.completed()
    ids = [failed.id, completed.id]
    for dry_run in (True, False):
        body = {
            "org_id": run.tenant.org_id,
            "project_id": run.tenant.project_id,
            "filter": {"ids": ids},
            "dry_run": dry_run,
        }
        answer = run.post(f"{JOBS}/retry", body).expect(HTTPStatus.OK)
        listed = [str(each.get("id")) for each in answer.take(list, "jobs")]
        skipped = [str(each.get("id")) for each in answer.take(list, "skipped")]
        what = "dry run" if dry_run else "bulk retry"
        if listed != [failed.id] or skipped != [completed.id]:
            raise UnexpectedAnswerError(
                f"expected the {what} to list the failed job {failed.id} and to skip the completed one; "
                f"it lists {len(listed)} and skips {len(skipped)} others"
            )
        if answer.take(bool, "dry_run") is not dry_run:
            raise UnexpectedAnswerError(f"expected dry_run {dry_run} in the answer; got another")
        if dry_run and (now := run.job(failed.id)) != failed:
            raise UnexpectedAnswerError(
                f"expected the dry run to leave job {failed.id} failed; it is {now.status} after it"
            )
    run.approved(run.wait_for_end(failed.id).expect("requires_review"))
    run.job(completed.id).expect("completed")
    _expect_history(
        run, failed.id, ("failed", "pending", "running", "requires_review", "completed")
    )
    return "a dry run listed 1 failed job and changed nothing; the bulk retry then retried it, and no other"


def _rejected(run: Run) -> Job:
    """A job that a reviewer has failed."""
    job = run.created_job({"source_text": invoice(run.name), "extraction_config": _ALWAYS_REVIEW})
    run.wait_for_end(job.id).expect("requires_review")
    body = {"note": "Rejected by verify-deployment, to retry it."}
    answer = run.post(f"{JOBS}/{job.id}/reject", body).expect(HTTPStatus.OK)
    Job.of(answer.json()).expect("failed")
    return run.job(job.id).expect("failed")


def _retried(run: Run, failed: Job) -> Job:
    answer = run.post(f"{JOBS}/{failed.id}/retry").expect(HTTPStatus.OK)
    return Job.of(answer.json()).expect("pending")


def _expect_refusal(answer: Answer, sentence: str) -> None:
    detail = answer.expect(HTTPStatus.BAD_REQUEST).take(str, "detail")
    if detail != sentence:
        raise UnexpectedAnswerError(f"expected “{sentence}” from {answer.request}; got “{detail}”")


def _expect_history(run: Run, job_id: str, expected: Sequence[str]) -> None:
    """The job's history holds these statuses in this order; between them there may be others, such as a recovery."""
    statuses = [str(event.get("to_status")) for event in run.history(job_id)]
    left = iter(statuses)
    if not all(status in left for status in expected):
        raise UnexpectedAnswerError(
            f"expected in the history of job {job_id}: {', '.join(expected)}; it is {', '.join(statuses)}"
        )

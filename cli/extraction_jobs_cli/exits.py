"""How the command ends: exit codes that scripts can tell apart, and the error that carries one."""

from __future__ import annotations

from enum import IntEnum

from extraction_jobs_client import ExtractionJobsError, ProblemError, TooLargeError


class Exit(IntEnum):
    """Exit codes. Promised: docs/cli.md lists them."""

    DONE = 0
    # A job that was waited for failed or was cancelled; or some of the jobs that were named were skipped.
    NOT_ALL_WELL = 1
    USAGE = 2  # what click uses for a wrong command line
    NOT_THERE = 3
    NOT_ALLOWED = 4
    NO_ACCESS = 5
    UNAVAILABLE = 6
    REFUSED = 7
    NEEDS_REVIEW = 8
    INTERRUPTED = 130


class CommandError(Exception):
    """The command cannot go on; the message is for a person, the code for a script."""

    def __init__(self, message: str, code: Exit) -> None:
        super().__init__(message)
        self.code = code


# Of what the API refuses; any other refusal is REFUSED.
_OF_STATUS = {
    400: Exit.NOT_ALLOWED,
    401: Exit.NO_ACCESS,
    403: Exit.NO_ACCESS,
    404: Exit.NOT_THERE,
    409: Exit.NOT_ALLOWED,
    429: Exit.UNAVAILABLE,
}
_FIRST_FAULT_OF_SERVER = 500


def of_error(error: ExtractionJobsError) -> Exit:
    """The code for what the client raised."""
    if isinstance(error, TooLargeError):
        return Exit.REFUSED
    if not isinstance(error, ProblemError) or error.status >= _FIRST_FAULT_OF_SERVER:
        return Exit.UNAVAILABLE
    return _OF_STATUS.get(error.status, Exit.REFUSED)


def of_jobs(statuses: list[str]) -> Exit:
    """The code for jobs that were waited for: the worst of them decides."""
    if any(status in {"failed", "cancelled"} for status in statuses):
        return Exit.NOT_ALL_WELL
    return Exit.NEEDS_REVIEW if "requires_review" in statuses else Exit.DONE

"""The export of a job's objects."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query

from cursors import decode_place, encode_place
from exports import csv_header, csv_lines, fitting_lines, json_lines
from extraction_jobs import reading
from extraction_jobs.model import JobId
from json_values import Text
from parameters import OF_ONE_JOB, PROBLEM, Cursor, JobIdInPath, OrgId, ProjectId, tenant_of_job
from resources import resources

router = Router()  # type: ignore[no-untyped-call] # Powertools left its constructor untyped

_TEXT = {"schema": {"type": "string"}}
_EXPORTED: dict[int, Any] = {
    200: {
        "description": "A page of the file. `Link` (rel=next) and `Next-Cursor` lead to the next one, until they are "
        "absent. Append the pages to one file.",
        "content": {"application/x-ndjson": _TEXT, "text/csv": _TEXT},
    },
    409: {
        "description": "The result was replaced or corrected since the first page",
        "content": PROBLEM,
    },
    **OF_ONE_JOB,
}


@router.get(
    "/extraction-jobs/<job_id>/export",
    summary="Export a job's objects as a file",
    tags=["Results"],
    responses=_EXPORTED,
)
def export_objects(
    job_id: JobIdInPath,
    org_id: OrgId,
    project_id: ProjectId,
    format: Annotated[  # noqa: A002 - the parameter's name in the API
        Literal["jsonl", "csv"],
        Query(
            description="JSON Lines has everything. CSV is a table of the properties, for spreadsheets; a text "
            "that a spreadsheet would run as a formula gets an apostrophe before it."
        ),
    ] = "jsonl",
    type: Annotated[  # noqa: A002 - as above
        Text | None, Query(min_length=1, max_length=200, description="Only objects of this type.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Objects per page, at most.")] = 1000,
    cursor: Cursor = None,
) -> Response[str]:
    """Returns the objects in the order of the document, in pages of at most 1,000 objects and some megabytes."""
    tenant = tenant_of_job(router, org_id, project_id)
    place = decode_place(cursor)
    rows, more = reading.export_objects(
        JobId(job_id),
        tenant,
        reading.ExportFrom(*place) if place else None,
        limit,
        of_type=type,
        database=resources().database,
    )
    if format == "csv":
        names = (
            reading.property_names(
                JobId(job_id), type, rows[0]["revision"], database=resources().database
            )
            if rows
            else []
        )
        lines = fitting_lines(csv_lines(rows, names))
        # On the first page only, so that the pages behind each other are one table.
        body = "".join([csv_header(names), *lines] if cursor is None else lines)
        media_type = f"text/csv; charset=utf-8; header={'present' if cursor is None else 'absent'}"
    else:
        lines = fitting_lines(json_lines(rows))
        body, media_type = "".join(lines), "application/x-ndjson"
    headers: dict[str, str | list[str]] = {
        "Content-Disposition": f'attachment; filename="{job_id}.{format}"'
    }
    if more or len(lines) < len(rows):
        last = rows[len(lines) - 1]
        following = encode_place(last["revision"], last["ordinal"])
        query = {"org_id": org_id, "project_id": project_id, "format": format, "limit": limit}
        query |= {"type": type} if type else {}
        address = f"/extraction-jobs/{job_id}/export?{urlencode(query | {'cursor': following})}"
        headers |= {"Next-Cursor": following, "Link": f'<{address}>; rel="next"'}
    return Response(200, media_type, body, headers=headers)

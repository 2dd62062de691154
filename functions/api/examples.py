"""An example of each call for the OpenAPI document: by the name of the call's function, its body and its answer."""

from __future__ import annotations

_JOB_ID = "0199bd3e-5a4c-7c31-9d0e-3f6b1c2a7e55"
_OBJECT_ID = "0199bd3e-7f10-7a02-8b1c-5d2e9f4a6c01"
_TENANT = {"org_id": "acme", "project_id": "library"}
_SOURCE = {"source_type": "document", "source_id": "invoice-7.txt"}
_CONFIG = {"object_types": ["invoice"]}

_PENDING = {
    "id": _JOB_ID,
    **_TENANT,
    "status": "pending",
    **_SOURCE,
    "source_uri": None,
    "source_metadata": {},
    "extraction_config": _CONFIG,
    "attempt": 0,
    "max_attempts": 3,
    "lease": 0,
    "created_at": "2026-03-02T09:00:00Z",
    "created_by": "amelia",
    "priority": "normal",
    "run_after": "2026-03-02T09:00:00Z",
    "waits_for": "worker",
    "started_at": None,
    "updated_at": "2026-03-02T09:00:00Z",
    "deadline_at": None,
    "completed_at": None,
    "timeout_minutes": None,
    "dispatched_at": "2026-03-02T09:00:00Z",
    "dispatch_count": 1,
    "error_message": None,
    "total_items": 0,
    "processed_items": 0,
    "successful_items": 0,
    "failed_items": 0,
    "items_are": "chunks",
    "discovered_types": [],
    "extractor": None,
    "objects_found": 0,
    "coverage": None,
    "review_reason": None,
    "input_tokens": 0,
    "output_tokens": 0,
    "cost_usd": 0.0,
    "results_deleted_at": None,
    "idle_seconds": None,
    "orphan": False,
    "late": False,
    "rejected": False,
    "actions": ["cancel"],
    "progress": None,
    "items_per_minute": None,
    "estimated_seconds_left": None,
}
_ENDED = {
    "waits_for": None,
    "lease": 1,
    "attempt": 1,
    "started_at": "2026-03-02T09:00:01Z",
    "updated_at": "2026-03-02T09:00:02Z",
    "completed_at": "2026-03-02T09:00:02Z",
    "total_items": 1,
    "processed_items": 1,
    "successful_items": 1,
    "progress": 1.0,
    "actions": ["delete"],
}
_COMPLETED = {
    **_PENDING,
    **_ENDED,
    "status": "completed",
    "discovered_types": ["Invoice"],
    "objects_found": 1,
    "coverage": 1.0,
    "extractor": "rules",
}
_CANCELLED = {**_PENDING, "status": "cancelled", "completed_at": "2026-03-02T09:00:02Z"}
_REJECTED = {
    **_PENDING,
    **_ENDED,
    "status": "failed",
    "error_message": "The result was rejected. The total is wrong.",
    "rejected": True,
    "actions": ["retry", "delete"],
}
_BULK_JOB = {
    "id": _JOB_ID,
    "status": "failed",
    **_SOURCE,
    "source_uri": None,
    "rejected": False,
    "attempt": 3,
    "created_at": "2026-03-02T09:00:00Z",
    "updated_at": "2026-03-02T09:12:00Z",
}
_BULK = {"dry_run": False, "matched": 1, "skipped": [], "truncated": False, "unsent": 0}
_COUNTS = {
    "pending": 2,
    "running": 1,
    "completed": 140,
    "requires_review": 3,
    "failed": 4,
    "cancelled": 0,
}
_WEBHOOK = {
    "org_id": "acme",
    "url": "https://hooks.example.com/jobs",
    "created_at": "2026-03-02T09:00:00Z",
    "delivered_at": "2026-03-02T09:05:00Z",
    "failures": 0,
    "failing_since": None,
    "last_failure": None,
    "disabled_at": None,
    "disabled_reason": None,
}
_PAUSE = {
    "paused_at": "2026-03-02T09:00:00Z",
    "paused_by": "amelia",
    "reason": "The model's quota is used up.",
}
_DOCUMENT = {"source_text": "Invoice number: INV-7\nTotal: 118.50 EUR"}

REQUESTS: dict[str, object] = {
    "create": {**_TENANT, **_SOURCE, **_DOCUMENT, "extraction_config": _CONFIG},
    "create_batch": {
        **_TENANT,
        "jobs": [
            {**_SOURCE, **_DOCUMENT, "priority": "low"},
            {"source_type": "email", "source_uri": "s3://sources/acme/letter.eml"},
        ],
    },
    "create_upload": {"org_id": "acme", "file_name": "report.pdf"},
    "retry_many": {**_TENANT, "filter": {"status": ["failed"], "text": "timed out"}, "limit": 500},
    "cancel_many": {**_TENANT, "filter": {"source_type": "email"}, "dry_run": True},
    "forget": {"org_id": "acme", "dry_run": True},
    "approve": {
        "note": "The total was misread.",
        "corrections": [{"object": _OBJECT_ID, "property": "total", "value": 118.5}],
    },
    "reject": {"note": "The total is wrong."},
    "set_webhook": {"org_id": "acme", "url": "https://hooks.example.com/jobs"},
    "pause": {**_TENANT, "reason": _PAUSE["reason"]},
}

ANSWERS: dict[str, object] = {
    "create": _PENDING,
    "create_batch": {"ids": [_JOB_ID, "0199bd3e-5a4d-7f08-8c11-7a90c4e2d3b6"]},
    "create_upload": {
        "url": "https://sources.s3.amazonaws.com/",
        "fields": {"key": "acme/uploads/3f6b1c2a/report.pdf", "policy": "eyJleHBpcmF0aW9uIjoi..."},
        "source_uri": "s3://sources/acme/uploads/3f6b1c2a/report.pdf",
        "max_bytes": 20_000_000,
        "expires_in_seconds": 900,
    },
    "get_job": _COMPLETED,
    "list_jobs": {"items": [_COMPLETED], "next_cursor": None},
    "list_events": {
        "items": [
            {
                "at": "2026-03-02T09:00:00Z",
                "actor": "api",
                "from_status": None,
                "to_status": "pending",
                "reason": "Job was created.",
                "attempt": 0,
                "lease": 0,
                "detail": {"caller": "amelia"},
            }
        ],
        "next_cursor": None,
    },
    "list_objects": {
        "items": [
            {
                "id": _OBJECT_ID,
                "type": "Invoice",
                "properties": {"total": 118.5},
                "evidence": {
                    "total": {
                        "confidence": 0.95,
                        "citations": [{"start": 29, "end": 39, "quote": "118.50 EUR"}],
                    }
                },
                "confidence": 0.95,
            }
        ],
        "relationships": [],
        "next_cursor": None,
    },
    "get_document": {
        "media_type": "text/plain",
        "title": None,
        "digest": "3f1c0d7b5b0e4a5f9a6d2c8e7b4f1a0d3c6e9b2a5d8f1c4e7a0b3d6f9c2e5a81",
        "characters": 39,
        "pages": [],
        "pages_without_text": [],
        "start": 0,
        "text": _DOCUMENT["source_text"],
    },
    "retry": _PENDING,
    "cancel": _CANCELLED,
    "approve": _COMPLETED,
    "reject": _REJECTED,
    "retry_many": {"action": "retry", "jobs": [_BULK_JOB], **_BULK},
    "cancel_many": {
        **_BULK,
        "action": "cancel",
        "jobs": [{**_BULK_JOB, "status": "pending", "attempt": 0}],
        "dry_run": True,
    },
    "forget": {"dry_run": True, "cancelled": 3, "deleted": 150, "truncated": False},
    "statistics": {
        "counts": _COUNTS,
        "oldest_pending_seconds": 4.2,
        "oldest_heartbeat_seconds": 11.0,
        "orphans": 0,
        "completed_last_hour": 38,
        "review_last_hour": 2,
        "failed_last_hour": 1,
        "failure_rate": 0.025,
        "pause": None,
        "operator": False,
        "last_sweep": None,
    },
    "by_time": {
        "window": "day",
        "items": [{"starts_at": "2026-03-02T09:00:00Z", "counts": _COUNTS}],
    },
    "orphans": {
        "items": [
            {
                "id": _JOB_ID,
                "source_type": "document",
                "status": "running",
                "attempt": 1,
                "max_attempts": 3,
                "started_at": "2026-03-02T09:00:01Z",
                "updated_at": "2026-03-02T09:00:21Z",
                "idle_seconds": 320.0,
                "action": "recover",
            }
        ],
        "threshold_minutes": 5.0,
        "due_messages": 0,
    },
    "queues": {
        "jobs": {"waiting": 2, "delayed": 0, "in_flight": 1},
        "dead_letters": {"waiting": 0, "delayed": 0, "in_flight": 0},
        "failed_sweeps": {"waiting": 0, "delayed": 0, "in_flight": 0},
    },
    "list_projects": {"organisations": ["acme"], "items": [{**_TENANT, "pause": None}]},
    "pause": _PAUSE,
    "resume": {"sent": 2},
    "object_types": {
        "sets": {
            "contact": {
                "Person": {"type": "object", "properties": {"name": {"type": "string"}}},
            }
        }
    },
    "set_webhook": {
        **_WEBHOOK,
        "delivered_at": None,
        "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    },
    "read_webhook": _WEBHOOK,
    "health": {"status": "ok"},
}

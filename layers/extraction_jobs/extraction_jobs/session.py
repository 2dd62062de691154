"""What every session of the product relies on, whatever the database or the role that logs in sets.

Given at connect. A connection pooler (RDS Proxy) refuses start-up options, and a SET would pin its connection: there
the settings are on the functions' roles (sql/roles.sql), and a session looks whether it has them.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import psycopg
from psycopg.rows import DictRow

from extraction_jobs.settings import SettingsError

logger = logging.getLogger(__name__)

# Without these a statement fails, means something else, or gives what cannot be read. That a database is read-only is
# not overruled: it is a brake that somebody has put on, and counts as an outage.
_MEANING = {
    "client_encoding": "UTF8",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "search_path": "pg_catalog",
    "standard_conforming_strings": "on",
    "array_nulls": "on",
    "extra_float_digits": "1",
    "row_security": "on",
    # SKIP LOCKED and the fence are made for it: each statement sees what is committed when it begins.
    "default_transaction_isolation": "read committed",
}
# Safety, time limits, and how to plan. Every statement finds its rows by an index. A session plans a statement once
# and keeps the plan, and so does Postgres for its foreign keys: one that was made while the tables were nearly empty
# would go on reading whole tables. So that is the last resort here. To compile such small
# statements never pays, nor to plan them anew for each value: a note that a message was sent was planned every time.
_REST = {
    # A claim that a crash of the server undoes would be made a second time, with the same lease.
    "synchronous_commit": "on",
    "statement_timeout": "1min",
    "lock_timeout": "15s",
    "idle_in_transaction_session_timeout": "30s",
    "idle_session_timeout": "0",
    "transaction_timeout": "0",
    "enable_indexscan": "on",
    "enable_indexonlyscan": "on",
    "enable_nestloop": "on",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
}
SETTINGS: Mapping[str, str] = MappingProxyType(_MEANING | _REST)

# Servers before 17 do not know it, and refuse a connection that gives it.
_NEWER = "transaction_timeout"
_FOUND = b"SELECT name, current_setting(name, true) AS found FROM unnest(%s::text[]) AS name"


def start_up_options(*, of_old_server: bool = False) -> str:
    """All settings, as libpq's `options`; `of_old_server`: only those that every server knows."""
    return " ".join(
        "-c {}={}".format(name, value.replace(" ", r"\ "))
        for name, value in SETTINGS.items()
        if not (of_old_server and name == _NEWER)
    )


def is_of_old_server(fault: psycopg.OperationalError) -> bool:
    """Whether a server refused a connection because it does not know all the settings."""
    return _NEWER in str(fault)


def look(connection: psycopg.Connection[DictRow]) -> None:
    """Looks whether a session that could not set anything has what it relies on. The rest is logged, once.

    Raises:
        SettingsError: it would fail, or misunderstand. The message names each setting and what to do.
    """
    found = {row["name"]: row["found"] for row in connection.execute(_FOUND, [list(SETTINGS)])}
    wrong = [
        name for name, value in found.items() if value is not None and not _serves(name, value)
    ]
    cure = "; ".join(
        f"ALTER ROLE {connection.info.user} IN DATABASE {connection.info.dbname}"
        f" SET {name} = '{SETTINGS[name]}'"
        for name in wrong
    )
    if _MEANING.keys() & set(wrong):
        raise SettingsError(
            f"Postgres: the session's {', '.join(wrong)} cannot be worked with. As the owner: {cure}"
        )
    if wrong:
        _warn_once(cure)


def _serves(name: str, found: str) -> bool:
    match name:
        case "TimeZone":
            return True  # times come back with their offset
        case "DateStyle":
            return found.startswith("ISO")
        case "search_path":  # unless it is named, pg_catalog comes first
            return "pg_catalog" not in found or found.startswith("pg_catalog")
        case "extra_float_digits":
            return int(found) >= int(SETTINGS[name])
        case "synchronous_commit":
            return found != "off"
        case _:
            return found == SETTINGS[name]


@cache
def _warn_once(cure: str) -> None:
    logger.warning(
        "Postgres: sessions have not all the settings that they should have. As the owner: %s", cure
    )

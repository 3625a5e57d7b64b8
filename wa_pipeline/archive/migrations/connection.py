"""Connections for work on the schema: every transaction is opened and ended by name."""

from __future__ import annotations

import psycopg
from psycopg.conninfo import conninfo_to_dict

from wa_pipeline.archive.db import connect as archive_connect
from wa_pipeline.errors import BadDatabaseUrl


def connect(url: str) -> psycopg.Connection:
    """A connection in autocommit. Raises `BadDatabaseUrl` (without echoing the address, which holds a password) and
    `DatabaseUnreachable`."""
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise BadDatabaseUrl from None
    conn = archive_connect(url, autocommit=True)
    conn.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
    return conn

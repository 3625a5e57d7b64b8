"""Connections to the archive."""

from __future__ import annotations

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL
from psycopg_pool import ConnectionPool

from wa_pipeline.errors import DatabaseUnreachable


def where(url: str) -> str:
    """`host:port/dbname` of a connection string, for messages; never the password."""
    parts = conninfo_to_dict(url)
    return f"{parts.get('host', 'localhost')}:{parts.get('port', 5432)}/{parts.get('dbname', '')}"


def connect(url: str, *, autocommit: bool = False) -> psycopg.Connection:
    """A connection to the archive. Statements are never prepared on the server.

    psycopg prepares a statement at its fifth use; Supavisor's transaction mode breaks on that, and a generic plan
    turns a search for an absent term from a millisecond into seconds.
    """
    try:
        return psycopg.connect(url, autocommit=autocommit, prepare_threshold=None, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise DatabaseUnreachable(where=where(url), reason=reason(error)) from None


def open_pool(url: str, *, size: int = 4, read_only: bool = False) -> ConnectionPool:
    """A pool of at most `size` connections; the default stays below what a small Supabase project's pooler gives.

    `read_only`: every transaction is begun as one in which PostgreSQL refuses to write.
    """
    pool = ConnectionPool(
        url,
        min_size=1,
        max_size=size,
        open=False,
        kwargs={"prepare_threshold": None, "connect_timeout": 10},
        configure=_read_only if read_only else None,
    )
    pool.open()
    return pool


def _read_only(conn: psycopg.Connection) -> None:
    conn.read_only = True


def describe(conn: psycopg.Connection) -> str:
    """The server's version and the database's name, for people."""
    row = conn.execute("select current_setting('server_version'), current_database()").fetchone()
    assert row is not None
    return f"PostgreSQL {row[0]}, database {row[1]}"


def reason(error: BaseException) -> str:
    """The last line of a libpq message: the one that says why."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else type(error).__name__


def literal(text: str) -> SQL:
    """SQL text put together from the constants of this package, never from a user's input."""
    return SQL(text)


__all__ = ["connect", "describe", "literal", "open_pool", "reason", "where"]

"""The audit log: what happened to the archive, in the seed's eight kinds."""

from __future__ import annotations

from typing import Literal

import psycopg
from psycopg.types.json import Jsonb

AuditKind = Literal[
    "connect", "disconnect", "reconnect", "qr_generated", "discovery", "group_rename", "ingest", "error"
]


def log(conn: psycopg.Connection, kind: AuditKind, detail: dict[str, object]) -> None:
    """Add one row, in the caller's transaction. `detail` holds counts, names and ids, never message text."""
    conn.execute("insert into public.audit_log (kind, detail) values (%s, %s)", (kind, Jsonb(detail)))

"""Export files and what came of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import psycopg

LIST = """
select r.export_key, r.file, r.state, r.reason, coalesce(r.tz, r.options->>'tz'), r.chat_id, r.messages, r.inserted,
  r.created_at, r.finished_at
from public.import_runs r
where %(key)s::text is null or r.export_key = %(key)s
order by r.created_at desc, r.export_key limit %(limit)s
"""


@dataclass(frozen=True)
class ExportView:
    """A registered export; `state` is waiting, running, done or failed. The key is the name of its partition."""

    export_key: str
    file: str
    state: str
    reason: str | None
    tz: str | None
    chat_id: str | None
    messages: int
    inserted: int
    registered_at: datetime
    finished_at: datetime | None


def exports(conn: psycopg.Connection, *, key: str | None = None, limit: int = 100) -> list[ExportView]:
    """The exports, latest first; only one where `key` is given."""
    return [ExportView(*row) for row in conn.execute(LIST, {"key": key, "limit": limit}).fetchall()]


__all__ = ["ExportView", "exports"]

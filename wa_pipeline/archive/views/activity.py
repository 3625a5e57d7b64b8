"""The audit log, newest first, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, get_args
from uuid import UUID

import psycopg

from wa_pipeline.archive.audit import AuditKind
from wa_pipeline.archive.cursor import Position, decode, encode

KINDS: Final = get_args(AuditKind)
# Rows of other programs may hold these; none of ours does.
_SECRET: Final = frozenset(
    {"qr", "creds", "creds_json", "keys", "keys_json", "token", "apikey", "key", "secret", "url"}
)

LIST = """
select id, kind, at, detail from public.audit_log
where (%(kind)s::text is null or kind = %(kind)s)
  and (%(at)s::timestamptz is null or (at, id) < (%(at)s, %(id)s))
order by at desc, id desc limit %(limit)s
"""


@dataclass(frozen=True)
class Activity:
    """One thing that happened; `detail` holds counts, names and ids."""

    id: UUID
    kind: str
    at: datetime
    detail: dict[str, object]


def activity(
    conn: psycopg.Connection, *, kind: str | None = None, limit: int = 50, cursor: str | None = None
) -> tuple[list[Activity], str | None]:
    """A page and the cursor of the next one, None on the last. Raises `BadCursor`."""
    after = decode(cursor) if cursor else None
    rows = conn.execute(
        LIST,
        {"kind": kind, "at": after and after.ts, "id": after and after.id, "limit": limit + 1},
        prepare=False,
    ).fetchall()
    items = [Activity(row[0], row[1], row[2], _plain(row[3])) for row in rows[:limit]]
    return items, encode(Position(items[-1].at, items[-1].id)) if len(rows) > limit else None


def _plain(detail: object) -> dict[str, object]:
    if not isinstance(detail, dict):
        return {"detail": detail}
    return {name: value for name, value in detail.items() if name.lower() not in _SECRET}


__all__ = ["KINDS", "Activity", "activity"]

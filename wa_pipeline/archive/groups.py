"""Groups: their rows, the names they have had, and the joining of an export's chat to its live group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import psycopg

from wa_pipeline.archive import audit

SAMPLE: Final = "1203XXXXXXX@g.us"
"""The seed's own example, which is nobody's group."""


@dataclass(frozen=True)
class NameChange:
    """A name a group took at a time; `old` is the name before, where the source says it."""

    at: datetime
    old: str | None
    new: str


def ensure_group(conn: psycopg.Connection, wa_group_id: str, name: str) -> UUID:
    """The group's row, made with monitor off where it is not there. An existing name is left alone."""
    conn.execute(
        "insert into public.groups (wa_group_id, name) values (%s, %s) on conflict (wa_group_id) do nothing",
        (wa_group_id, name),
    )
    row = conn.execute("select id from public.groups where wa_group_id = %s", (wa_group_id,)).fetchone()
    assert row is not None
    return UUID(str(row[0]))


def ensure_groups(conn: psycopg.Connection, wa_group_ids: Sequence[str]) -> dict[str, tuple[UUID, bool]]:
    """(id, monitor) of each of the groups; one that is not there is made, named by its JID until a name is known."""
    conn.execute(
        "insert into public.groups (wa_group_id, name) select u, u from unnest(%s::text[]) u"
        " on conflict (wa_group_id) do nothing",
        (list(wa_group_ids),),
    )
    rows = conn.execute(
        "select wa_group_id, id, monitor from public.groups where wa_group_id = any(%s)", (list(wa_group_ids),)
    ).fetchall()
    return {str(jid): (UUID(str(group_id)), bool(monitor)) for jid, group_id, monitor in rows}


@dataclass(frozen=True)
class ListedGroup:
    """A group as people see it. `held`: deliveries that wait for it to be switched on."""

    wa_group_id: str
    name: str
    monitor: bool
    messages: int
    last_seen_ts: datetime | None
    held: int


LISTED = """
select g.wa_group_id, g.name, g.monitor,
  (select count(*) from public.messages m where m.group_id = g.id), g.last_seen_ts,
  (select count(*) from public.wa_inbox i where i.held_for @> array[g.wa_group_id])
from public.groups g order by g.monitor desc, g.last_seen_ts desc nulls last, g.name
"""


def listed(conn: psycopg.Connection) -> list[ListedGroup]:
    """Every group, the monitored ones first, then by when something was last said."""
    return [ListedGroup(*row) for row in conn.execute(LISTED).fetchall()]


def set_monitor(conn: psycopg.Connection, wa_group_id: str, monitor: bool) -> bool:
    """Switch a group on or off: the one writer of `monitor`. False where there is no such group."""
    return bool(
        conn.execute("update public.groups set monitor = %s where wa_group_id = %s", (monitor, wa_group_id)).rowcount
    )


def touch_last_seen(conn: psycopg.Connection, group_id: UUID, ts: datetime) -> None:
    """`last_seen_ts` is the greatest ts of an accepted message; it never goes back."""
    conn.execute(
        "update public.groups set last_seen_ts = %(ts)s where id = %(id)s"
        " and (last_seen_ts is null or last_seen_ts < %(ts)s)",
        {"id": group_id, "ts": ts},
    )


def record_names(conn: psycopg.Connection, wa_group_id: str, changes: Sequence[NameChange], source: str) -> int:
    """Record name changes; the group then bears the newest name known, whatever order they arrived in.

    Each change not known before leaves one `group_rename` audit row, in the caller's transaction, where its old name
    is known and differs. Returns the number of changes that were not known before.
    """
    learnt = 0
    for change in sorted(changes, key=lambda change: change.at):
        known = conn.execute(
            "select name from public.group_names where wa_group_id = %s and at <= %s order by at desc limit 1",
            (wa_group_id, change.at),
        ).fetchone()
        if known and known[0] == change.new:
            continue
        added = conn.execute(
            "insert into public.group_names (wa_group_id, name, at, source) values (%s, %s, %s, %s)"
            " on conflict do nothing",
            (wa_group_id, change.new, change.at, source),
        ).rowcount
        learnt += added
        old = change.old or (known[0] if known else None)
        if added and old and old != change.new:
            detail = {"group": wa_group_id, "from": old, "to": change.new, "at": change.at.isoformat()}
            audit.log(conn, "group_rename", detail)
    conn.execute(
        "update public.groups g set name = n.name from ("
        " select name from public.group_names where wa_group_id = %(group)s order by at desc, name limit 1) n"
        " where g.wa_group_id = %(group)s and g.name <> n.name",
        {"group": wa_group_id},
    )
    return learnt


def join_groups(conn: psycopg.Connection, from_id: str, to_id: str, name: str) -> UUID:
    """Make the chat `from_id` (an export's) one with the group `to_id` (a JID); both rows become one.

    Messages, names and the last-seen time move over; `monitor` stays what the surviving row says. Returns its id.
    """
    target = ensure_group(conn, to_id, name)
    source = conn.execute("select id, last_seen_ts from public.groups where wa_group_id = %s", (from_id,)).fetchone()
    conn.execute("update public.messages set chat_id = %s where chat_id = %s", (to_id, from_id))
    conn.execute(
        "insert into public.group_names (wa_group_id, name, at, source)"
        " select %s, name, at, source from public.group_names where wa_group_id = %s on conflict do nothing",
        (to_id, from_id),
    )
    conn.execute("delete from public.group_names where wa_group_id = %s", (from_id,))
    if source:
        conn.execute("update public.messages set group_id = %s where group_id = %s", (target, source[0]))
        conn.execute("update public.export_chats set group_id = %s where group_id = %s", (target, source[0]))
        if source[1]:
            touch_last_seen(conn, target, source[1])
        conn.execute("delete from public.groups where id = %s", (source[0],))
    return target

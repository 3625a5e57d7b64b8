"""Groups as a gateway lists them, written down under a role that can add and rename groups and do nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import psycopg

from wa_pipeline.archive.groups import NameChange, record_names

# Names are those at the time of the list; a group nobody can name bears its JID until somebody does.
KNOWN = """
select g.wa_group_id, g.name, exists (select from public.group_names n where n.wa_group_id = g.wa_group_id)
from public.groups g where g.wa_group_id = any(%s)
"""
BLOCKED = "select wa_group_id from public.block_groups where wa_group_id = any(%s)"
ADD = """
insert into public.groups (wa_group_id, name)
select u.jid, u.name from unnest(%(jids)s::text[], %(names)s::text[]) u(jid, name) order by 1
on conflict (wa_group_id) do nothing returning wa_group_id
"""
NAME = """
insert into public.group_names (wa_group_id, name, at, source)
select u.jid, u.name, u.at, %(source)s
from unnest(%(jids)s::text[], %(names)s::text[], %(ats)s::timestamptz[]) u(jid, name, at)
where u.jid <> u.name on conflict do nothing
"""
# Without a gateway: every group that was heard of, by the newest name it is known to have. The walk over messages
# jumps from chat to chat along an index.
HEARD_OF = """
with recursive chats as (
  (select chat_id from public.messages order by chat_id limit 1)
  union all
  select (select m.chat_id from public.messages m where m.chat_id > c.chat_id order by m.chat_id limit 1)
  from chats c where c.chat_id is not null
), heard as (
  select chat_id as jid from chats
  union select unnest(held_for) from public.wa_inbox where held_for is not null
  union select chat_id from public.export_chats
  union select wa_group_id from public.group_names
  union select wa_group_id from public.groups where wa_group_id <> %(sample)s
)
select h.jid, coalesce(
  (select n.name from public.group_names n where n.wa_group_id = h.jid order by n.at desc, n.name limit 1),
  (select e.title from public.export_chats e where e.chat_id = h.jid order by e.created_at limit 1))
from heard h where h.jid like '%%@g.us' order by 1
"""


class Seen(NamedTuple):
    """A group of a list. `name`: None where the list does not say it. `at`: since when it bears it, at the latest."""

    jid: str
    name: str | None
    at: datetime


@dataclass
class Discovered:
    """Groups by what the list said of them: added; renamed; named for the first time; as they were; kept out by the
    block list."""

    new: int = 0
    renamed: int = 0
    named: int = 0
    unchanged: int = 0
    blocked: int = 0


def heard_of(conn: psycopg.Connection, sample: str) -> list[tuple[str, str | None]]:
    """(JID, newest known name) of every group the inbox, the messages and the exports know."""
    return [(str(jid), name) for jid, name in conn.execute(HEARD_OF, {"sample": sample}).fetchall()]


def write_down(conn: psycopg.Connection, seen: Sequence[Seen], source: str) -> Discovered:
    """Add and rename groups, in the caller's transaction. A rename leaves its audit row; an older name changes none."""
    found = Discovered()
    groups = {group.jid: group for group in seen}
    jids = sorted(groups)
    blocked = {str(row[0]) for row in conn.execute(BLOCKED, (jids,)).fetchall()}
    found.blocked = len(blocked)
    wanted = [groups[jid] for jid in jids if jid not in blocked]
    known = _known(conn, wanted)
    added = _add(conn, [group for group in wanted if group.jid not in known], source)
    # Whatever somebody else added in between is judged like what was there before.
    known |= _known(conn, [group for group in wanted if group.jid not in known and group.jid not in added])
    found.new = len(added)
    for group in wanted:
        if group.jid in known:
            name, has_names = known[group.jid]
            _compare(conn, group, name, source, found, has_names=has_names)
    return found


def _known(conn: psycopg.Connection, groups: Sequence[Seen]) -> dict[str, tuple[str, bool]]:
    rows = conn.execute(KNOWN, ([group.jid for group in groups],)).fetchall() if groups else []
    return {str(jid): (str(name), bool(has_names)) for jid, name, has_names in rows}


def _add(conn: psycopg.Connection, groups: Sequence[Seen], source: str) -> set[str]:
    if not groups:
        return set()
    names = {group.jid: group.name or group.jid for group in groups}
    rows = conn.execute(ADD, {"jids": list(names), "names": list(names.values())}).fetchall()
    added = {str(row[0]) for row in rows}
    fresh = [group for group in groups if group.jid in added]
    columns = {
        "jids": [group.jid for group in fresh],
        "names": [names[group.jid] for group in fresh],
        "ats": [group.at for group in fresh],
    }
    conn.execute(NAME, {**columns, "source": source})
    return added


def _compare(
    conn: psycopg.Connection, group: Seen, name: str, source: str, found: Discovered, *, has_names: bool
) -> None:
    if group.name is None or (group.name == name and has_names):
        found.unchanged += 1
        return
    placeholder = name == group.jid
    # Where no name was ever recorded, what the row says is the one before.
    old = None if has_names or placeholder else name
    record_names(conn, group.jid, [NameChange(group.at, old, group.name)], source)
    after = conn.execute("select name from public.groups where wa_group_id = %s", (group.jid,)).fetchone()
    changed = after is not None and after[0] != name
    found.named += changed and placeholder
    found.renamed += changed and not placeholder
    found.unchanged += not changed

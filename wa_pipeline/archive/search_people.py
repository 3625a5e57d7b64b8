"""Whom, and which group, somebody means who types a name: senders under every address, groups under every name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from uuid import UUID

from psycopg.rows import TupleRow

Ask = Callable[[str, Mapping[str, object]], list[TupleRow]]

# Each sender once, by jumping along the index rather than reading it.
EACH_SENDER = """
with recursive s(sender) as (
  (select sender from public.messages order by sender limit 1)
  union all
  select (select m.sender from public.messages m where m.sender > s.sender order by m.sender limit 1)
  from s where s.sender is not null
)
"""
SENDERS = f"{EACH_SENDER} select sender from s where sender is not null"
NAME_OF_SENDER = """
left join lateral (
  select name from (
    select raw->>'sender_name' as name from public.messages m
    where m.sender = s.sender and strpos(s.sender, '@') > 0 order by ts desc limit 20) last
  where name is not null limit 1) n on true
"""
SENDERS_AND_NAMES = f"{EACH_SENDER} select s.sender, n.name from s {NAME_OF_SENDER} where s.sender is not null"
ALIASES = """
select lid from public.jid_aliases where phone = any(%(known)s)
union select phone from public.jid_aliases where lid = any(%(known)s)
union select o.lid from public.jid_aliases a join public.jid_aliases o on o.phone = a.phone where a.lid = any(%(known)s)
"""
GROUPS = """
select g.id, g.name from public.groups g
where lower(g.name) like lower(%(like)s) or exists (
  select from public.group_names n where n.wa_group_id = g.wa_group_id and lower(n.name) like lower(%(like)s))
order by g.last_seen_ts desc nulls last, g.name
"""


def senders_of(ask: Ask, meant: str) -> list[str]:
    """Every value of messages.sender that is this person: the address itself, its other addresses, a phone number
    however it is written, or the name they give."""
    known = {meant}
    if "@" not in meant:
        if number := _digits(meant):
            known.add(f"{number}@s.whatsapp.net")
        folded = meant.casefold()
        known |= {sender for sender, name in ask(SENDERS_AND_NAMES, {}) if (name or "").casefold() == folded}
    known |= {str(row[0]) for row in ask(ALIASES, {"known": sorted(known)})}
    # Exports write a number as the phone shows it.
    if numbers := {number for each in known if (number := _digits(each))}:
        known |= {sender for (sender,) in ask(SENDERS, {}) if "@" not in sender and _digits(sender) in numbers}
    return sorted(known)


def groups_of(ask: Ask, name: str) -> list[UUID]:
    """The groups whose name, or whose name at some time, holds this."""
    return [row[0] for row in ask(GROUPS, {"like": _like(name)})]


def _digits(text: str) -> str | None:
    """The number of a phone number as people or WhatsApp write it; None for anything else."""
    number = re.fullmatch(
        r"\+?([\d\s().\u2010-\u2015-]{6,})(?::\d+)?(?:@s\.whatsapp\.net)?", text.strip("\u200e\u202a\u202c ")
    )
    return re.sub(r"\D", "", number[1]) if number else None


def _like(text: str) -> str:
    return "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%"


__all__ = ["EACH_SENDER", "NAME_OF_SENDER", "groups_of", "senders_of"]

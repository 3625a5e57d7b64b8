"""How much there is: messages by day, month, group and kind, and how much of the media has been put into words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import psycopg

DAYS = 90
GROUPS = 20

TOTALS = "select count(*), min(ts), max(ts), count(distinct chat_id) from public.messages"
BY_DAY = """
select (ts at time zone 'UTC')::date, count(*) from public.messages
where ts >= %(since)s::date and ts < %(until)s::date + 1 group by 1
"""
BY_MONTH = """
select date_trunc('month', ts at time zone 'UTC')::date, count(*) from public.messages group by 1 order by 1
"""
BY_GROUP = """
select coalesce(g.name, m.chat_id), m.chat_id, sum(m.n)::bigint
from (select chat_id, group_id, count(*) as n from public.messages group by chat_id, group_id) m
left join public.groups g on g.id = m.group_id
group by 1, 2 order by 3 desc, 1 limit %(limit)s
"""
BY_KIND = "select kind, count(*) from public.messages group by kind order by 2 desc, 1"
# A file may go through both steps; what either found counts.
MEDIA = """
select case when d.mime like 'image/%%' then 'pictures' when d.mime like 'audio/%%' then 'recordings'
    when d.mime like 'video/%%' then 'films' else 'documents' end,
  count(*), coalesce(sum(d.bytes), 0)::bigint,
  count(*) filter (where d.ocr_text <> '' or d.asr_text <> ''),
  count(*) filter (where coalesce(d.ocr_text, '') = '' and coalesce(d.asr_text, '') = ''
    and (d.ocr_text is not null or d.asr_text is not null)),
  count(*) filter (where d.ocr_text is null and d.asr_text is null and e.waits),
  count(*) filter (where d.ocr_text is null and d.asr_text is null and not coalesce(e.waits, false) and e.failed)
from public.media d
left join (select media_id, bool_or(state in ('pending', 'running')) as waits, bool_or(state = 'failed') as failed
  from public.media_enrichment group by media_id) e on e.media_id = d.id
group by 1 order by 2 desc, 1
"""


@dataclass(frozen=True)
class Coverage:
    """Media of one sort. `words`: text was found; `silent`: looked at, none there; the others wait or failed."""

    sort: str
    files: int
    bytes: int
    words: int
    silent: int
    waiting: int
    failed: int


@dataclass(frozen=True)
class Statistics:
    """Counts. `by_day`: the last DAYS days up to the newest message, days without one included; UTC throughout."""

    messages: int
    chats: int
    first: str | None
    last: str | None
    by_day: list[tuple[date, int]]
    by_month: list[tuple[date, int]]
    by_group: list[tuple[str, str, int]]
    by_kind: list[tuple[str, int]]
    media: list[Coverage]


def statistics(conn: psycopg.Connection) -> Statistics:
    """Reads every message once or so: some hundred milliseconds for a million of them."""
    row = conn.execute(TOTALS).fetchone()
    assert row is not None
    messages, first, last, chats = row
    by_day: list[tuple[date, int]] = []
    if last is not None:
        until = last.date()
        days = [until - timedelta(days=back) for back in reversed(range(DAYS))]
        counted: dict[date, int] = dict(conn.execute(BY_DAY, {"since": days[0], "until": until}).fetchall())
        by_day = [(day, counted.get(day, 0)) for day in days]
    return Statistics(
        messages=messages,
        chats=chats,
        first=first.date().isoformat() if first else None,
        last=last.date().isoformat() if last else None,
        by_day=by_day,
        by_month=[(month, number) for month, number in conn.execute(BY_MONTH).fetchall()],
        by_group=[(name, chat, number) for name, chat, number in conn.execute(BY_GROUP, {"limit": GROUPS}).fetchall()],
        by_kind=[(kind, number) for kind, number in conn.execute(BY_KIND).fetchall()],
        media=[Coverage(*(*each,)) for each in conn.execute(MEDIA, {}).fetchall()],
    )


__all__ = ["DAYS", "Coverage", "Statistics", "statistics"]

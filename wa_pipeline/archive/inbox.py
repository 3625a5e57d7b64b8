"""wa_inbox: deliveries landed as they came, handed out to be interpreted, and settled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NamedTuple

import psycopg

State = Literal["new", "done", "waiting", "skipped", "dead"]
BATCH_ROWS, BATCH_BYTES = 8_000, 64 << 20
TURN = 0x77615F696E626F78  # "wa_inbox"

# The payload's own text goes in, so that nothing about it changes; a document PostgreSQL refuses is kept as bytes.
LAND = """
insert into public.wa_inbox (source, source_event_id, payload, body, state, error)
select a.source, a.event_id, a.payload::json, a.body, case when a.error is null then 'new' else 'dead' end, a.error
from unnest(%(sources)s::text[], %(ids)s::text[], %(payloads)s::text[], %(bodies)s::bytea[], %(errors)s::text[])
  as a(source, event_id, payload, body, error)
on conflict (source, source_event_id) do nothing
returning state
"""
NEW = """
select id, source, payload::text, received_at from public.wa_inbox where state = 'new'
order by id limit %(rows)s
"""
HELD = """
select id, source, payload::text, received_at from public.wa_inbox
where held_for && (select coalesce(array_agg(wa_group_id), '{}') from public.groups where monitor or %(all)s)
  and payload is not null
order by id limit %(rows)s
"""
WAITING = """
select id, source, payload::text, received_at from public.wa_inbox i
where state = 'waiting' and payload is not null
  and exists (select from public.messages m where m.wa_msg_id = any(i.waits_for))
order by id limit %(rows)s
"""
OF_DAY = """
select id, source, payload::text, received_at from public.wa_inbox
where received_at >= %(day)s::date::timestamp at time zone 'UTC'
  and received_at < (%(day)s::date + 1)::timestamp at time zone 'UTC'
  and id > %(after)s and payload is not null
order by id limit %(rows)s
"""
# A row that is already so is not written again: repeating a day leaves no trace in rows that were right.
SETTLE = """
update public.wa_inbox i set state = s.state, reason = s.reason, error = s.error,
  waits_for = s.waits_for, held_for = s.held_for, interpreted_at = now(), payload = coalesce(s.payload, i.payload)
from (
  select u.id, u.state, u.reason, u.error, u.payload::json as payload,
    case when u.waits is not null then array(select jsonb_array_elements_text(u.waits)) end as waits_for,
    case when u.held is not null then array(select jsonb_array_elements_text(u.held)) end as held_for
  from unnest(%(ids)s::bigint[], %(states)s::text[], %(reasons)s::text[], %(errors)s::text[], %(payloads)s::text[],
    %(waits)s::jsonb[], %(held)s::jsonb[]) as u(id, state, reason, error, payload, waits, held)
) s
where i.id = s.id and (s.payload is not null or
  (i.state, i.reason, i.error, i.waits_for, i.held_for)
  is distinct from (s.state, s.reason, s.error, s.waits_for, s.held_for))
"""


class Arrival(NamedTuple):
    """One delivery as it came. `event_id`: the source's own, None where the bytes decide."""

    source: str
    body: bytes
    event_id: str | None = None
    error: str | None = None
    """Why it is a dead letter, where that is known beforehand."""


@dataclass(frozen=True)
class Landed:
    """`landed`: rows added, `dead` of which cannot be interpreted; `duplicates`: deliveries that were there."""

    landed: int
    duplicates: int
    dead: int


class Delivery(NamedTuple):
    """A row to interpret; `payload` is JSON text."""

    id: int
    source: str
    payload: str
    received_at: datetime


@dataclass
class Settled:
    """What became of a row. `payload`: what is to be kept instead of it, where it held secrets."""

    id: int
    state: State = "done"
    reason: str | None = None
    error: str | None = None
    waits_for: set[str] = field(default_factory=set)
    held_for: set[str] = field(default_factory=set)
    payload: str | None = None


def land(conn: psycopg.Connection, arrivals: Sequence[Arrival]) -> Landed:
    """Put deliveries into the inbox, in one statement of the caller's transaction.

    What is no JSON becomes a dead letter with its bytes; a delivery that is there already is counted and left alone.
    """
    rows = [_row(arrival) for arrival in arrivals]
    names = ("sources", "ids", "payloads", "bodies", "errors")
    values = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)) if rows else {name: [] for name in names}
    states = [str(row[0]) for row in conn.execute(LAND, values).fetchall()]
    return Landed(len(states), len(rows) - len(states), states.count("dead"))


def _row(arrival: Arrival) -> tuple[str, str, str | None, bytes | None, str | None]:
    error, payload = arrival.error, None
    if error is None:
        try:
            payload = arrival.body.decode()
            json.loads(payload)
        except UnicodeDecodeError:
            error = "the body is not UTF-8"
        except ValueError:
            error = "the body is not JSON"
        except RecursionError:
            error = "the body is nested too deeply"
        else:
            # Python reads what JSON does not have, and PostgreSQL refuses raw control characters, as it should.
            error = "the body is not JSON" if "\x00" in payload or _has_constants(payload) else None
    event_id = arrival.event_id or hashlib.sha256(arrival.body).hexdigest()
    if error is not None:
        return arrival.source, event_id, None, arrival.body, error
    return arrival.source, event_id, payload, None, None


def _has_constants(payload: str) -> bool:
    """Whether NaN or Infinity stands in it as a value."""
    if "NaN" not in payload and "Infinity" not in payload:
        return False
    found: list[str] = []
    json.loads(payload, parse_constant=found.append)
    return bool(found)


def take_turn(conn: psycopg.Connection) -> None:
    """Be the only one to interpret until the transaction ends. Two at a time would not see what the other is about to
    bring, and a reply whose message came with the other would never be told whose it is."""
    conn.execute("select pg_advisory_xact_lock(%s)", (TURN,))


@contextmanager
def due(conn: psycopg.Connection, *, everything: bool) -> Iterator[Iterator[Delivery]]:
    """The next deliveries to interpret: new ones, else those whose chat is monitored by now (with `everything`, any
    chat), else those whose message has come."""
    for query in (NEW, HELD, WAITING):
        with _deliveries(conn, query, {"all": everything, "rows": BATCH_ROWS}) as deliveries:
            first = next(deliveries, None)
            if first is not None:
                yield _chained(first, deliveries)
                return
    yield iter(())


@contextmanager
def of_day(conn: psycopg.Connection, day: date, after: int) -> Iterator[Iterator[Delivery]]:
    """The next deliveries of a UTC day with an id beyond `after`, whatever became of them before."""
    with _deliveries(conn, OF_DAY, {"day": day, "after": after, "rows": BATCH_ROWS}) as deliveries:
        yield deliveries


@contextmanager
def _deliveries(conn: psycopg.Connection, query: str, values: dict[str, object]) -> Iterator[Iterator[Delivery]]:
    """Rows as the server gives them, so that a batch of large ones ends before the memory does."""
    with conn.cursor(name="deliveries") as cursor:
        cursor.itersize = 200
        cursor.execute(query, values)
        yield _bounded(Delivery(*row) for row in cursor)


def _bounded(deliveries: Iterator[Delivery]) -> Iterator[Delivery]:
    size = 0
    for delivery in deliveries:
        yield delivery
        size += len(delivery.payload)
        if size >= BATCH_BYTES:
            return


def _chained(first: Delivery, rest: Iterator[Delivery]) -> Iterator[Delivery]:
    yield first
    yield from rest


def settle(conn: psycopg.Connection, rows: Sequence[Settled]) -> None:
    """Write down what became of the rows, in the transaction that holds what they led to."""
    conn.execute(
        SETTLE,
        {
            "ids": [row.id for row in rows],
            "states": [row.state for row in rows],
            "reasons": [row.reason for row in rows],
            "errors": [row.error for row in rows],
            "payloads": [row.payload for row in rows],
            "waits": [_array(row.waits_for) for row in rows],
            "held": [_array(row.held_for) for row in rows],
        },
    )


def _array(values: set[str]) -> str | None:
    return json.dumps(sorted(values)) if values else None

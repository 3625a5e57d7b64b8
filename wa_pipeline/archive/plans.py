"""How PostgreSQL goes about the archive's commonest questions, by EXPLAIN."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

from wa_pipeline.archive.acceptance import undone
from wa_pipeline.archive.db import literal


@dataclass(frozen=True)
class Plan:
    """The indexes a query's plan uses, its text, and whether the planner chose it freely or had to be asked."""

    indexes: list[str]
    nodes: list[str]
    text: str
    by_choice: bool


NEWEST_OF_CHAT = "select id from public.messages where chat_id = {chat} order by ts desc limit 50"
NEWEST_OF_KIND = "select id from public.messages where kind = {kind} order by ts desc limit 50"


def plan_of_chat(conn: psycopg.Connection) -> Plan:
    """How the newest messages of the largest chat are found."""
    row = conn.execute(
        "select chat_id from public.messages group by chat_id order by count(*) desc, chat_id limit 1"
    ).fetchone()
    return _plan(conn, NEWEST_OF_CHAT.format(chat="%s"), str(row[0]) if row else "nobody@g.us")


def plan_of_kind(conn: psycopg.Connection) -> Plan:
    """How the newest pictures are found."""
    return _plan(conn, NEWEST_OF_KIND.format(kind="%s"), "image")


def _plan(conn: psycopg.Connection, query: str, value: str) -> Plan:
    # A few pages are read faster whole, so on a small archive the planner is told to do without that and without
    # sorting: what it then uses is what it will use when there is more.
    free = _explain(conn, query, value, ())
    return (
        free
        if free.indexes and "Sort" not in free.nodes
        else _explain(conn, query, value, ("enable_seqscan", "enable_sort", "enable_bitmapscan"))
    )


def _explain(conn: psycopg.Connection, query: str, value: str, without: tuple[str, ...]) -> Plan:
    with undone(conn):
        for setting in without:
            conn.execute(literal(f"set local {setting} = off"))
        told = conn.execute(literal(f"explain (format json) {query}"), (value,)).fetchone()
        shown = conn.execute(literal(f"explain {query}"), (value,)).fetchall()
    assert told is not None
    document = told[0] if not isinstance(told[0], str) else json.loads(told[0])
    nodes = list(_nodes(document[0]["Plan"]))
    text = "\n".join(str(line[0]) for line in shown).replace(value, "…")
    return Plan(
        [str(node["Index Name"]) for node in nodes if "Index Name" in node],
        [str(node["Node Type"]) for node in nodes],
        text,
        by_choice=not without,
    )


def _nodes(node: dict[str, object]) -> Iterator[dict[str, object]]:
    yield node
    children = node.get("Plans", [])
    assert isinstance(children, list)
    for child in children:
        yield from _nodes(child)

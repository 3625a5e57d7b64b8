"""The block lists as people keep them: what stands on them, and changes to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import psycopg
from psycopg.sql import SQL, Identifier

BlockList = Literal["groups", "senders", "keywords"]

# Table, column of the value, and whether it has a column for the reason.
_TABLES: Final = {
    "groups": ("block_groups", "wa_group_id", True),
    "senders": ("block_senders", "sender", True),
    "keywords": ("block_keywords", "keyword", False),
}


@dataclass(frozen=True)
class Block:
    """One entry. Keywords have no reason."""

    value: str
    reason: str | None
    at: datetime


def blocks_of(conn: psycopg.Connection, which: BlockList) -> list[Block]:
    """The entries of a list, the latest first."""
    table, column, reasoned = _TABLES[which]
    statement = SQL("select {value}, {reason}, created_at from {table} order by created_at desc, {value}").format(
        value=Identifier(column), reason=SQL("reason" if reasoned else "null"), table=Identifier("public", table)
    )
    return [Block(*row) for row in conn.execute(statement).fetchall()]


def add_block(conn: psycopg.Connection, which: BlockList, value: str, reason: str | None) -> Block:
    """Put a value on a list; one that is there stays as it is. What the archive holds already is left alone."""
    table, column, reasoned = _TABLES[which]
    names, values = ([column, "reason"], [value, reason]) if reasoned else ([column], [value])
    conn.execute(
        SQL("insert into {} ({}) values ({}) on conflict do nothing").format(
            Identifier("public", table),
            SQL(", ").join(map(Identifier, names)),
            SQL(", ").join(SQL("%s") for _ in names),
        ),
        values,
    )
    row = conn.execute(
        SQL("select {value}, {reason}, created_at from {table} where {value} = %s").format(
            value=Identifier(column), reason=SQL("reason" if reasoned else "null"), table=Identifier("public", table)
        ),
        [value],
    ).fetchone()
    assert row is not None
    return Block(*row)


def remove_block(conn: psycopg.Connection, which: BlockList, value: str) -> bool:
    """Take a value off a list; whether it stood there."""
    table, column, _ = _TABLES[which]
    statement = SQL("delete from {} where {} = %s").format(Identifier("public", table), Identifier(column))
    return bool(conn.execute(statement, [value]).rowcount)


__all__ = ["Block", "BlockList", "add_block", "blocks_of", "remove_block"]

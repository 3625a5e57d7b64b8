"""The sealed columns: whether each value opens with the keys at hand, and their rotation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import psycopg
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb

from wa_pipeline.errors import SealedWithoutKey
from wa_pipeline.sealing import Sealer

BATCH = 500


@dataclass(frozen=True)
class SealedColumn:
    """A column of sealed values: text, or, where `json`, an object {"sealed": token} ({} = nothing there)."""

    table: str
    column: str
    json: bool = False


COLUMNS = (
    SealedColumn("google_tokens", "access_token_enc"),
    SealedColumn("google_tokens", "refresh_token_enc"),
    SealedColumn("wa_sessions", "creds_json", json=True),
    SealedColumn("wa_sessions", "keys_json", json=True),
    SealedColumn("media_fetch", "locator_enc"),
)


def check_sealed(conn: psycopg.Connection, sealer: Sealer, *, limit: int | None = None) -> list[str]:
    """A sentence for each row whose sealed value does not open, or that is not sealed at all; values never shown.

    `limit` looks at so many rows of each column only.
    """
    return [
        f"{column.table} {row_id}: {column.column} {problem}"
        for column in COLUMNS
        for row_id, value in _values(conn, column, limit)
        if (problem := _problem(value, sealer))
    ]


def refuse_unreadable(conn: psycopg.Connection, sealer: Sealer) -> None:
    """Raises `SealedWithoutKey` where sealed rows do not open: for the start of a process, so it takes samples only."""
    for column in COLUMNS:
        for row_id, value in _values(conn, column, 20):
            if isinstance(token := _token(value), str) and not sealer.can_open(token):
                raise SealedWithoutKey(
                    what=f"{column.table} {row_id} ({column.column})",
                    source=sealer.source,
                )


def rotate_all(conn: psycopg.Connection, sealer: Sealer) -> int:
    """Seals every value anew with the first key, in one transaction; the number of values.

    Raises `SealedWithoutKey` where one does not open; then none is changed.
    """
    count = 0
    with conn.transaction():
        for column in COLUMNS:
            update = SQL("update {table} set {column} = %s where id = %s").format(
                table=Identifier("public", column.table),
                column=Identifier(column.column),
            )
            for row_id, value in _values(conn, column, None, lock=True):
                if not isinstance(token := _token(value), str):
                    continue
                if not sealer.can_open(token):
                    raise SealedWithoutKey(
                        what=f"{column.table} {row_id} ({column.column})",
                        source=sealer.source,
                    )
                rotated = sealer.rotate(token)
                conn.execute(
                    update,
                    (Jsonb({"sealed": rotated}) if column.json else rotated, row_id),
                )
                count += 1
    return count


def _values(
    conn: psycopg.Connection,
    column: SealedColumn,
    limit: int | None,
    *,
    lock: bool = False,
) -> Iterator[tuple[UUID, object]]:
    """(id, value) of the rows that hold one, a batch at a time in the order of their ids."""
    query = SQL("select id, {column} from {table} where {present} and id > %s order by id limit %s{lock}").format(
        column=Identifier(column.column),
        table=Identifier("public", column.table),
        present=SQL("{} not in ('{{}}', 'null')" if column.json else "{} is not null").format(
            Identifier(column.column)
        ),
        lock=SQL(" for update" if lock else ""),
    )
    after, left = UUID(int=0), limit
    while left is None or left > 0:
        rows = conn.execute(query, (after, BATCH if left is None else min(BATCH, left))).fetchall()
        yield from rows
        if len(rows) < BATCH:
            return
        after = rows[-1][0]
        left = None if left is None else left - len(rows)


def _token(value: object) -> str | None:
    """The sealed token of a column's value; None where the value is not sealed."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and value.keys() == {"sealed"} and isinstance(value["sealed"], str):
        return value["sealed"]
    return None


def _problem(value: object, sealer: Sealer) -> str | None:
    token = _token(value)
    if token is None:
        return "is not sealed"
    return None if sealer.can_open(token) else "does not open with the keys at hand"

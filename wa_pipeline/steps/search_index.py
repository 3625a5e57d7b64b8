"""The index of the search: its backlog worked off, compared with the archive, built anew."""

from __future__ import annotations

import time
from dataclasses import dataclass

from wa_pipeline.archive import search_index
from wa_pipeline.steps.context import Context, Progress

SETTLE_FROM = 10_000
"""From this many new rows on, what PostgreSQL knows of the table is brought up to date at once."""


@dataclass(frozen=True)
class IndexReport:
    """`indexed`: messages put into the index; `repaired`: rows that were wrong, or missing, or too many."""

    indexed: int
    repaired: int
    seconds: float


def fill(ctx: Context, progress: Progress | None = None) -> IndexReport:
    """Put what waits in the backlog into the index. Searches find it there already; they are quicker afterwards."""
    began, indexed = time.monotonic(), 0
    with ctx.connect(autocommit=True) as conn:
        while batch := search_index.fill_batch(conn):
            indexed += batch
            if progress:
                progress({"indexed": indexed})
        if indexed >= SETTLE_FROM:
            search_index.settle(conn)
    return IndexReport(indexed, 0, round(time.monotonic() - began, 2))


def rebuild(ctx: Context, progress: Progress | None = None) -> IndexReport:
    """Compare every row with its message, put right what differs, build the indexes anew. Searches go on meanwhile."""
    began = time.monotonic()
    with ctx.connect() as conn:
        repaired = search_index.set_right(conn)
    indexed = fill(ctx, progress).indexed
    with ctx.connect(autocommit=True) as conn:
        search_index.reindex(conn)
        search_index.settle(conn)
    return IndexReport(indexed, repaired, round(time.monotonic() - began, 2))


__all__ = ["IndexReport", "fill", "rebuild"]

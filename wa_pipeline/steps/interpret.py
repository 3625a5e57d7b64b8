"""What lies in the inbox, made into messages: batch by batch, a transaction each, as often as one likes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date

import psycopg

from wa_pipeline.archive import audit, inbox
from wa_pipeline.archive.inbox import Delivery
from wa_pipeline.steps.apply import Counts, apply
from wa_pipeline.steps.context import Context, Progress
from wa_pipeline.steps.following import Following as Drain
from wa_pipeline.steps.reading import Reading, read_all
from wa_pipeline.steps.scope import load_scope

PART = 2_000
"""Deliveries applied at a time; a batch is some of them, so that reading and writing go on side by side."""


@dataclass
class InterpretReport(Counts):
    """What a run made of the inbox. `partitions`: deliveries by the UTC day they came."""

    partitions: Counter[date] = field(default_factory=Counter)


def interpret(
    ctx: Context, *, day: date | None = None, drain: Drain | None = None, progress: Progress | None = None
) -> InterpretReport:
    """Interpret what is due, or, with `day`, all of a UTC day's deliveries again, which changes only what is not right.

    Due is what is new, what was left out and is monitored by now, and what waited for a message that has come. `drain`
    says how long to stay for more. Several may run at once: they take turns, a batch each.
    """
    report = InterpretReport()
    with ctx.connect() as conn:
        after = 0
        while True:
            last = _batch(ctx, conn, report, day, after)
            if progress and last:
                progress({"rows": report.rows, "messages": report.messages, "failed": report.failed})
            if day is not None or drain is None:
                if not last:
                    break
                after = last
            elif not drain.again(worked=bool(last)):
                break
        _note(conn, report, day)
    return report


def _batch(ctx: Context, conn: psycopg.Connection, report: InterpretReport, day: date | None, after: int) -> int:
    """One batch in one transaction; the id of its last delivery, 0 where there was none."""
    dead: Counter[str | None] = Counter()
    with conn.transaction():
        inbox.take_turn(conn)
        scope = load_scope(conn, ctx.settings)
        taken = inbox.due(conn, everything=scope.everything) if day is None else inbox.of_day(conn, day, after)
        with taken as deliveries:
            batch = list(_counted(deliveries, report))
        if not batch:
            return 0
        ahead = _ReadAhead(batch)
        while rows := ahead.take():
            found = apply(conn, ctx, scope, rows, meanwhile=ahead.read)
            inbox.settle(conn, found.settled)
            report.add(found)
            dead.update(row.error for row in found.settled if row.state == "dead")
        if dead:
            audit.log(conn, "error", {"what": "inbox", "dead": {str(k): n for k, n in dead.items()}})
    return batch[-1].id


class _ReadAhead:
    """A batch's deliveries, read a part at a time: the next part while the database is busy with the one before."""

    def __init__(self, batch: Sequence[Delivery]) -> None:
        self._parts = (batch[at : at + PART] for at in range(0, len(batch), PART))
        self._rows: list[Reading] = []

    def read(self) -> None:
        """Have the next part ready."""
        if not self._rows:
            self._rows = read_all(next(self._parts, ()))

    def take(self) -> list[Reading]:
        """The next part; empty behind the last."""
        self.read()
        rows, self._rows = self._rows, []
        return rows


def _counted(deliveries: Iterator[Delivery], report: InterpretReport) -> Iterator[Delivery]:
    for delivery in deliveries:
        report.partitions[delivery.received_at.astimezone(UTC).date()] += 1
        yield delivery


def _note(conn: psycopg.Connection, report: InterpretReport, day: date | None) -> None:
    """The audit row of a run that did something."""
    if not report.rows:
        return
    counted = ("rows", "messages", "changed", "edits", "deletes", "reactions", "groups", "failed")
    detail: dict[str, object] = {name: getattr(report, name) for name in counted}
    detail |= {"skipped": dict(report.skipped)} | ({"day": day.isoformat()} if day else {})
    with conn.transaction():
        audit.log(conn, "ingest", detail)


__all__ = ["Drain", "InterpretReport", "interpret"]

"""Batches into the archive while the next ones are parsed and written out as COPY text."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import psycopg

from wa_pipeline.steps.import_report import ImportReport
from wa_pipeline.steps.prepare import Batch, copy_text
from wa_pipeline.steps.soundness import Soundness
from wa_pipeline.steps.write_batch import BatchCounts, Target, write_batch

IN_FLIGHT = 2


class Writer:
    """Writes batches in order on a thread of its own, at most IN_FLIGHT behind the parser."""

    def __init__(
        self,
        conn: psycopg.Connection,
        target: Target,
        report: ImportReport,
        sound: Soundness,
        *,
        zone_known: bool,
        threaded: bool,
    ) -> None:
        self._sound = sound
        self._conn = conn
        self._target = target
        self._report = report
        self._pool = ThreadPoolExecutor(1, "archive") if threaded else None
        self._pending: list[Future[BatchCounts]] = []
        self._zone_known = zone_known

    def submit(self, batch: Batch) -> None:
        # Here rather than on the writer's thread, where the database would wait for it.
        rows = None if self._target.held else copy_text(batch, self._target.chat_id, self._target.group_id)
        if self._pool is None:
            self._report.written(self._write(batch, rows))
            return
        while len(self._pending) >= IN_FLIGHT:
            self._report.written(self._pending.pop(0).result())
        self._pending.append(self._pool.submit(self._write, batch, rows))

    def wait(self) -> None:
        while self._pending:
            self._report.written(self._pending.pop(0).result())

    def close(self) -> None:
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _write(self, batch: Batch, rows: bytes | None) -> BatchCounts:
        counts = write_batch(self._conn, self._target, batch, rows, self._sound, zone_known=self._zone_known)
        self._zone_known = counts.same_zone
        return counts

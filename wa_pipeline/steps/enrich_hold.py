"""One run's hold on the queue: what it has claimed, fetched, and still has to answer for."""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import psycopg

from wa_pipeline.archive import queue
from wa_pipeline.archive.blocks import Blocks, load_blocks
from wa_pipeline.archive.languages import stable_languages, texts_around
from wa_pipeline.steps.ahead import Ahead
from wa_pipeline.steps.context import Context, Progress
from wa_pipeline.steps.enrich_report import EnrichReport
from wa_pipeline.steps.following import Following

if TYPE_CHECKING:
    from wa_pipeline.extract import Failure, Text

LEASE = timedelta(minutes=15)
BATCH = {"ocr": 32, "asr": 8}


class Hold:
    """Entries on their way through the workers. `owner` names this run in the leases; `expected`, by media id: the
    language of speech, where the chat's has been stable; the script of pictures, by what is written in the chat."""

    def __init__(
        self,
        ctx: Context,
        conn: psycopg.Connection,
        report: EnrichReport,
        progress: Progress | None,
        limit: int | None,
        following: Following | None,
    ) -> None:
        self.report = report
        self.owner = f"{socket.gethostname()}/{os.getpid()}/{uuid4().hex[:8]}"
        self.expected: dict[str, str] = {}
        self._ctx = ctx
        self._conn = conn
        self._progress = progress
        self._left = limit
        self._following = following
        self._claimed: deque[queue.Claimed] = deque()
        self._held: dict[str, tuple[queue.Claimed, Path | None]] = {}
        self._blocks: Blocks = load_blocks(conn)
        self._extended = time.monotonic()

    def claim(self) -> bool:
        """Take what is due, a batch of it; whether there was anything."""
        step = self.report.step
        wanted = BATCH[step] if self._left is None else min(BATCH[step], self._left)
        if wanted <= 0:
            return False
        claimed = queue.claim(self._conn, step, self.owner, wanted, LEASE)
        self._blocks = load_blocks(self._conn)
        ids = [entry.media_id for entry in claimed]
        found = stable_languages(self._conn, ids) if step == "asr" else _scripts(self._conn, ids)
        self.expected |= {str(media_id): language for media_id, language in found.items()}
        self.report.pending = queue.counts(self._conn, step).pending
        self._left = None if self._left is None else self._left - len(claimed)
        self._claimed.extend(claimed)
        self._held |= {str(entry.media_id): (entry, None) for entry in claimed}
        return bool(claimed)

    def files(self, folder: Path) -> Iterator[tuple[str, Path, str]]:
        """(media id, file, MIME type) of what is due, fetched into `folder` shortly before the workers need it."""
        with closing(Ahead(self._ctx.store)) as ahead:
            more = True
            while True:
                while not ahead.full and (self._claimed or (more := more and self._may_go_on() and self.claim())):
                    entry = self._claimed.popleft()
                    ahead.ask(entry, folder / f"{entry.sha256}{Path(entry.storage_path).suffix}")
                if not ahead:
                    return
                entry, path, error = ahead.take()
                self._keep_leases()
                if error is None:
                    self._held[str(entry.media_id)] = entry, path
                    yield str(entry.media_id), path, entry.mime
                else:
                    self._fail(entry, str(error), transient=bool(getattr(error, "transient", True)))
                    self.report.failure(type(error).__name__)
                    path.unlink(missing_ok=True)

    def sign_of_life(self, _: str) -> None:
        """A worker begins or goes on with a file."""
        self._keep_leases()
        self._tell()

    def write(self, media_id: str, outcome: Text | Failure) -> None:
        """The outcome of a file into the archive, unless its lease was lost; the file is removed."""
        entry, path = self._held.pop(media_id)
        self.expected.pop(media_id, None)
        if path is not None:
            path.unlink(missing_ok=True)
        self._close(entry, outcome)
        self._keep_leases()
        self._tell()

    def _close(self, entry: queue.Claimed, outcome: Text | Failure) -> None:
        from wa_pipeline.extract import Failure

        report = self.report
        if isinstance(outcome, Failure):
            written = queue.fail(
                self._conn,
                report.step,
                self.owner,
                entry.media_id,
                outcome.reason,
                transient=outcome.transient,
                engine=outcome.engine,
                duration_ms=outcome.duration_ms,
            )
            if written:
                report.took(entry.media_id, outcome.duration_ms)
                report.failure(outcome.reason)
            return
        blocked = self._blocks.keyword(outcome.text)
        if not queue.finish(self._conn, report.step, self.owner, entry.media_id, _row(outcome), blocked=blocked):
            return
        report.took(entry.media_id, outcome.duration_ms)
        report.media_seconds += entry.seconds
        if blocked:
            report.blocked += 1
            return
        report.done += 1
        if outcome.confidence is not None:
            report.confidence.append(outcome.confidence)

    def _fail(self, entry: queue.Claimed, reason: str, *, transient: bool) -> None:
        queue.fail(self._conn, self.report.step, self.owner, entry.media_id, reason, transient=transient)
        self._held.pop(str(entry.media_id))

    def _may_go_on(self) -> bool:
        return self._following is None or self._following.again(worked=True)

    def _keep_leases(self) -> None:
        if time.monotonic() - self._extended > LEASE.total_seconds() / 4:
            held = [UUID(media_id) for media_id in self._held]
            queue.extend(self._conn, self.report.step, self.owner, held, LEASE)
            self._extended = time.monotonic()

    def _tell(self) -> None:
        if self._progress:
            self._progress(self.report.so_far())


def _scripts(conn: psycopg.Connection, ids: Sequence[UUID]) -> dict[UUID, str]:
    from wa_pipeline.extract import script_of

    scripts = {media_id: script_of(text) for media_id, text in texts_around(conn, ids).items()}
    return {media_id: script for media_id, script in scripts.items() if script}


def _row(outcome: Text) -> queue.Outcome:
    segments = [dict(segment) for segment in outcome.segments] if outcome.segments is not None else None
    return queue.Outcome(
        outcome.text.replace("\x00", ""),
        outcome.engine,
        outcome.engine_version,
        outcome.language,
        outcome.confidence,
        outcome.duration_ms,
        segments,
    )

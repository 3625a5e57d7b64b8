"""The queue of media drained into text: claim, fetch, read, write; every entry ends done, failed or blocked."""

from __future__ import annotations

import os
import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from uuid import UUID, uuid4

import psycopg

from wa_pipeline.archive import queue
from wa_pipeline.archive.blocks import Blocks, load_blocks
from wa_pipeline.archive.languages import stable_languages
from wa_pipeline.errors import StoreError
from wa_pipeline.steps.context import Context, Progress
from wa_pipeline.steps.engines import open_extractor
from wa_pipeline.steps.following import Following
from wa_pipeline.steps.workspace import workspace
from wa_pipeline.storage import key_of

if TYPE_CHECKING:
    from wa_pipeline.extract import Extractor, Failure, Text

Step = Literal["ocr", "asr"]

LEASE = timedelta(minutes=15)
BATCH = {"ocr": 32, "asr": 8}


@dataclass
class EnrichReport:
    """What a run of one step did, and what is left. `media_seconds` is the length of the speech that was read."""

    step: Step
    done: int = 0
    failed: int = 0
    blocked: int = 0
    pending: int = 0
    seconds: float = 0.0
    media_seconds: float = 0.0
    failed_by_reason: Counter[str] = field(default_factory=Counter)
    confidence: list[float] = field(default_factory=list)
    slowest: list[tuple[str, int]] = field(default_factory=list)

    @property
    def files_per_s(self) -> float:
        return (self.done + self.failed + self.blocked) / self.seconds if self.seconds else 0.0

    def took(self, media_id: UUID, duration_ms: int) -> None:
        self.slowest = sorted([*self.slowest, (str(media_id), duration_ms)], key=lambda item: -item[1])[:5]


def enrich(
    ctx: Context,
    step: Step,
    progress: Progress | None = None,
    limit: int | None = None,
    following: Following | None = None,
) -> EnrichReport:
    """Read every due file of `step` ("ocr" or "asr"), or at most `limit` of them; with `following`, those too that come
    while it lasts, with engines that stay loaded.

    Several may run at once, here or on other machines: leases keep them apart. Whatever ends this one, entries it
    still holds go back to the queue; if it is killed outright, they are due again when their lease runs out.
    """
    report = EnrichReport(step)
    began = time.monotonic()
    owner = f"{socket.gethostname()}/{os.getpid()}/{uuid4().hex[:8]}"
    with ctx.connect() as conn:
        try:
            _drain(ctx, conn, report, owner, progress, limit, following)
        finally:
            conn.rollback()
            queue.give_back(conn, step, owner)
            conn.commit()
        report.pending = queue.counts(conn, step).pending
    report.seconds = time.monotonic() - began
    return report


def _drain(
    ctx: Context,
    conn: psycopg.Connection,
    report: EnrichReport,
    owner: str,
    progress: Progress | None,
    limit: int | None,
    following: Following | None,
) -> None:
    left = limit
    claimed = _claim(conn, report.step, owner, left)
    if not claimed:
        return
    with open_extractor(ctx) as extractor:
        while claimed or following:
            if claimed:
                _read(ctx, conn, extractor, report, owner, claimed, load_blocks(conn))
                if progress:
                    progress({"done": report.done, "failed": report.failed, "blocked": report.blocked})
                left = None if left is None else left - len(claimed)
            if following and not following.again(worked=bool(claimed)):
                return
            claimed = _claim(conn, report.step, owner, left)


def _claim(conn: psycopg.Connection, step: Step, owner: str, left: int | None) -> list[queue.Claimed]:
    wanted = BATCH[step] if left is None else min(BATCH[step], left)
    if wanted <= 0:
        return []
    claimed = queue.claim(conn, step, owner, wanted, LEASE)
    conn.commit()
    return claimed


def _read(
    ctx: Context,
    conn: psycopg.Connection,
    extractor: Extractor,
    report: EnrichReport,
    owner: str,
    claimed: Sequence[queue.Claimed],
    blocks: Blocks,
) -> None:
    by_id = {str(entry.media_id): entry for entry in claimed}
    extended = time.monotonic()

    def keep_leases(_: str) -> None:
        nonlocal extended
        if time.monotonic() - extended > LEASE.total_seconds() / 4:
            queue.extend(conn, report.step, owner, [entry.media_id for entry in claimed], LEASE)
            conn.commit()
            extended = time.monotonic()

    with workspace(ctx.settings.home) as folder:
        items = _fetched(ctx, conn, folder, report, owner, claimed)
        expected = _expected(conn, claimed) if report.step == "asr" else None
        for media_id, outcome in extractor.read(report.step, items, keep_leases, expected=expected):
            _write(conn, report, owner, by_id[media_id], outcome, blocks)
            conn.commit()
            keep_leases(media_id)


def _expected(conn: psycopg.Connection, claimed: Sequence[queue.Claimed]) -> dict[str, str]:
    found = stable_languages(conn, [entry.media_id for entry in claimed])
    conn.commit()
    return {str(media_id): language for media_id, language in found.items()}


def _fetched(
    ctx: Context,
    conn: psycopg.Connection,
    folder: Path,
    report: EnrichReport,
    owner: str,
    claimed: Sequence[queue.Claimed],
) -> list[tuple[str, Path, str]]:
    items = []
    for entry in claimed:
        path = folder / f"{entry.sha256}{Path(entry.storage_path).suffix}"
        try:
            ctx.store.fetch(key_of(entry.storage_path), path)
        except StoreError as error:
            transient = bool(getattr(error, "transient", True))
            queue.fail(conn, report.step, owner, entry.media_id, str(error), transient=transient)
            conn.commit()
            report.failed += 1
            report.failed_by_reason[type(error).__name__] += 1
        else:
            items.append((str(entry.media_id), path, entry.mime))
    return items


def _write(
    conn: psycopg.Connection,
    report: EnrichReport,
    owner: str,
    entry: queue.Claimed,
    outcome: Text | Failure,
    blocks: Blocks,
) -> None:
    from wa_pipeline.extract import Failure

    report.took(entry.media_id, outcome.duration_ms)
    if isinstance(outcome, Failure):
        queue.fail(
            conn,
            report.step,
            owner,
            entry.media_id,
            outcome.reason,
            transient=outcome.transient,
            engine=outcome.engine,
            duration_ms=outcome.duration_ms,
        )
        report.failed += 1
        report.failed_by_reason[outcome.reason] += 1
        return
    blocked = blocks.keyword(outcome.text)
    segments = [dict(segment) for segment in outcome.segments] if outcome.segments is not None else None
    result = queue.Outcome(
        outcome.text.replace("\x00", ""),
        outcome.engine,
        outcome.engine_version,
        outcome.language,
        outcome.confidence,
        outcome.duration_ms,
        segments,
    )
    if not queue.finish(conn, report.step, owner, entry.media_id, result, blocked=blocked):
        return
    report.media_seconds += entry.seconds
    if blocked:
        report.blocked += 1
        return
    report.done += 1
    if outcome.confidence is not None:
        report.confidence.append(outcome.confidence)

"""The queue of media drained into text: every entry ends done, failed or blocked."""

from __future__ import annotations

import time
from uuid import UUID

from wa_pipeline.archive import queue
from wa_pipeline.archive.queue import Step
from wa_pipeline.steps.context import Context, Progress
from wa_pipeline.steps.engines import open_extractor
from wa_pipeline.steps.enrich_hold import Hold
from wa_pipeline.steps.enrich_report import EnrichReport
from wa_pipeline.steps.following import Following
from wa_pipeline.steps.workspace import workspace


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
    # Each statement is a transaction: a commit of its own would be a round trip more for every file.
    with ctx.connect(autocommit=True) as conn:
        hold = Hold(ctx, conn, report, progress, limit, following)
        try:
            _drain(ctx, hold, following)
        finally:
            queue.give_back(conn, step, hold.owner)
        report.pending = queue.counts(conn, step).pending
        names = queue.names(conn, [UUID(media_id) for media_id, _ in report.slowest])
    report.slowest = [(names.get(media_id, media_id), spent) for media_id, spent in report.slowest]
    report.seconds = time.monotonic() - began
    return report


def _drain(ctx: Context, hold: Hold, following: Following | None) -> None:
    if not hold.claim():
        return
    with open_extractor(ctx) as extractor, workspace(ctx.settings.home) as folder:
        while True:
            before = hold.report.files
            outcomes = extractor.read(hold.report.step, hold.files(folder), hold.sign_of_life, expected=hold.expected)
            for media_id, outcome in outcomes:
                hold.write(media_id, outcome)
            if not following or not following.again(worked=hold.report.files > before):
                return

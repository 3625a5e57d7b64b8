"""Media made complete: what live messages name is fetched, and what nobody has looked into is looked into."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg

from wa_pipeline.archive import media as rows
from wa_pipeline.errors import ObjectMissing
from wa_pipeline.steps.context import Context, Progress
from wa_pipeline.steps.engines import open_extractor
from wa_pipeline.steps.fetch import fetch_media
from wa_pipeline.steps.following import Following
from wa_pipeline.steps.intake import media_row, steps_of
from wa_pipeline.steps.workspace import workspace
from wa_pipeline.storage import key_of

if TYPE_CHECKING:
    from wa_pipeline.extract import Extractor

PROBE_BATCH = 200


@dataclass(frozen=True)
class MediaReport:
    """What `complete_media` did: files downloaded, files looked into, still waiting, failed."""

    fetched: int
    probed: int
    pending: int
    failed: int


def complete_media(ctx: Context, progress: Progress | None = None, following: Following | None = None) -> MediaReport:
    """Fetch what live messages name, then look into media rows that nobody has looked into, so that each knows what it
    is and is queued for its text.

    Files that cannot be read from the store count as failed and stay for the next time. `following`: how long to stay
    for more to fetch.
    """
    fetched = fetch_media(ctx, progress, following)
    probed = failed = 0
    seen: set[UUID] = set()
    with ctx.connect() as conn:
        waiting = rows.unprobed(conn, PROBE_BATCH)
        if waiting:
            with open_extractor(ctx) as extractor:
                while fresh := [media for media in waiting if media.id not in seen]:
                    for media in fresh:
                        seen.add(media.id)
                        if _complete(ctx, conn, extractor, media):
                            probed += 1
                        else:
                            failed += 1
                        if progress:
                            progress({"probed": probed, "failed": failed})
                    waiting = rows.unprobed(conn, PROBE_BATCH + len(seen))
    lost = fetched.failed + fetched.expired
    return MediaReport(fetched.fetched, probed, pending=failed + fetched.pending, failed=failed + lost)


def _complete(ctx: Context, conn: psycopg.Connection, extractor: Extractor, media: rows.StoredMedia) -> bool:
    with workspace(ctx.settings.home) as folder:
        name = Path(media.storage_path).name
        path = folder / name
        try:
            ctx.store.fetch(key_of(media.storage_path), path)
        except ObjectMissing:
            return False
        probe = extractor.probe(path, name)
        rows.set_probe(conn, media.id, media_row(media.sha256, media.bytes, media.storage_path, probe), steps_of(probe))
        conn.commit()
        return True

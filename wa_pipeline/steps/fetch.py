"""Files that live messages name: downloaded, decrypted, verified, and taken in like every other."""

from __future__ import annotations

import os
import socket
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

import psycopg

from wa_pipeline.archive import media, media_fetch
from wa_pipeline.archive.media_fetch import Ended, Fetch
from wa_pipeline.errors import GatewayError, GatewayHasNoFile, StoreError
from wa_pipeline.steps.context import Context, Progress
from wa_pipeline.steps.download import DownloadFailed
from wa_pipeline.steps.following import Following
from wa_pipeline.steps.intake import Intake, open_intake
from wa_pipeline.steps.origins import Origins, open_origins
from wa_pipeline.steps.workspace import workspace
from wa_pipeline.whatsapp.decrypt import DecryptFailed

BATCH: Final = 8
LEASE: Final = timedelta(minutes=30)


@dataclass
class FetchReport:
    """`fetched`: files downloaded; `linked`: messages whose file was there already; `expired`: address too old and no
    gateway that has the file; `gone`: the gateway says it has it no more; `pending`: still to come."""

    fetched: int = 0
    linked: int = 0
    failed: int = 0
    expired: int = 0
    gone: int = 0
    pending: int = 0
    by_reason: Counter[str] = field(default_factory=Counter)


def fetch_media(ctx: Context, progress: Progress | None = None, following: Following | None = None) -> FetchReport:
    """Download every file that is due. One that fails has its reason; the others go on. `following`: how long to stay
    for more.

    Several may run at once: leases keep them apart, and whatever ends this one, what it holds goes back.
    """
    report = FetchReport()
    owner = f"{socket.gethostname()}/{os.getpid()}/{uuid4().hex[:8]}"
    with ctx.connect() as conn:
        with conn.transaction():
            report.linked = media_fetch.link_arrived(conn)
        try:
            _drain(ctx, conn, report, owner, progress, following)
        finally:
            conn.rollback()
            with conn.transaction():
                media_fetch.give_back(conn, owner)
        report.pending = media_fetch.counts(conn)[1]
    return report


def _drain(
    ctx: Context,
    conn: psycopg.Connection,
    report: FetchReport,
    owner: str,
    progress: Progress | None,
    following: Following | None,
) -> None:
    claimed = _claim(conn, owner)
    if not claimed:
        return
    with (
        open_intake(ctx) as intake,
        workspace(ctx.settings.home) as folder,
        open_origins(ctx) as origins,
        ctx.connect() as media_conn,
    ):
        worker = _Worker(conn, media_conn, intake, origins, folder, owner, report)
        while claimed or (following is not None and following.again(worked=False)):
            for fetch in claimed:
                worker.fetch(fetch)
                if progress:
                    progress({"fetched": report.fetched, "failed": report.failed})
            if claimed:
                with conn.transaction():
                    report.linked += media_fetch.link_arrived(conn)
                if following is not None and not following.again(worked=True):
                    break
            claimed = _claim(conn, owner)


def _claim(conn: psycopg.Connection, owner: str) -> list[Fetch]:
    with conn.transaction():
        return media_fetch.claim(conn, owner, BATCH, LEASE)


@dataclass
class _Worker:
    """Takes one claimed file in after the other. `conn` carries the queue, `media_conn` the media rows."""

    conn: psycopg.Connection
    media_conn: psycopg.Connection
    intake: Intake
    origins: Origins
    folder: Path
    owner: str
    report: FetchReport

    def fetch(self, fetch: Fetch) -> None:
        path = self.folder / f"fetch-{fetch.id}"
        try:
            if self._is_there(fetch):
                return
            self.origins.write(fetch, path)
            with path.open("rb") as stream:
                taken = self.intake.take_in(
                    self.media_conn, stream, name=f"file{_extension(fetch)}", expected=fetch.sha256
                )
            with self.conn.transaction():
                self.report.fetched += media_fetch.finish(self.conn, self.owner, fetch, taken.sha256, taken.id)
        except DownloadFailed as error:
            self._fail(fetch, str(error), "expired" if error.expired else "failed", transient=error.transient)
        except DecryptFailed as error:
            self._fail(fetch, str(error), "failed")
        except GatewayHasNoFile as error:
            self._fail(fetch, str(error), "gone")
        except GatewayError as error:
            self._fail(fetch, str(error), "expired", transient=True)
        except StoreError as error:
            self._fail(fetch, str(error), "failed", transient=True)
        except OSError as error:
            self._fail(fetch, type(error).__name__, "failed", transient=True)
        finally:
            path.unlink(missing_ok=True)

    def _is_there(self, fetch: Fetch) -> bool:
        """Whether a file of this hash came in since, by this worker or another; then its message gets it."""
        if fetch.sha256 is None:
            return False
        with self.conn.transaction():
            known = media.find(self.conn, fetch.sha256)
            if known is not None:
                self.report.linked += media_fetch.finish(self.conn, self.owner, fetch, fetch.sha256, known)
        return known is not None

    def _fail(self, fetch: Fetch, reason: str, state: Ended, *, transient: bool = False) -> None:
        with self.conn.transaction():
            media_fetch.fail(self.conn, self.owner, fetch, reason, state, transient=transient)
        self.report.by_reason[reason] += 1
        setattr(self.report, state, getattr(self.report, state) + 1)


def _extension(fetch: Fetch) -> str:
    import mimetypes

    return mimetypes.guess_extension((fetch.mime or "").partition(";")[0].strip()) or ".bin"

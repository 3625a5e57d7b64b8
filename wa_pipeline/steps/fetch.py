"""Files that live messages name: downloaded, decrypted, verified, and taken in like every other."""

from __future__ import annotations

import base64
import json
import os
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import psycopg

from wa_pipeline.archive import media_fetch
from wa_pipeline.archive.media_fetch import Fetch
from wa_pipeline.errors import StoreError
from wa_pipeline.steps.context import Context, Progress
from wa_pipeline.steps.download import DownloadFailed, Downloads, address_of
from wa_pipeline.steps.following import Following
from wa_pipeline.steps.workspace import workspace
from wa_pipeline.whatsapp.decrypt import DecryptFailed, decrypt, media_keys

if TYPE_CHECKING:
    from wa_pipeline.steps.media import Intake

BATCH: Final = 8
LEASE: Final = timedelta(minutes=30)


@dataclass
class FetchReport:
    """`fetched`: files downloaded; `linked`: messages whose file was there already; `pending`: still to come."""

    fetched: int = 0
    linked: int = 0
    failed: int = 0
    expired: int = 0
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
    from wa_pipeline.steps.media import open_intake

    claimed = _claim(conn, owner)
    if not claimed:
        return
    hosts = frozenset(host.strip().lower() for host in ctx.settings.media_hosts.split(",") if host.strip())
    with (
        open_intake(ctx) as intake,
        workspace(ctx.settings.home) as folder,
        closing(Downloads(hosts, ctx.settings.media_max_mb << 20)) as downloads,
        ctx.connect() as media_conn,
    ):
        while claimed or (following is not None and following.again(worked=False)):
            for fetch in claimed:
                _fetch(ctx, conn, media_conn, intake, downloads, folder, fetch, owner, report)
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


def _fetch(
    ctx: Context,
    conn: psycopg.Connection,
    media_conn: psycopg.Connection,
    intake: Intake,
    downloads: Downloads,
    folder: Path,
    fetch: Fetch,
    owner: str,
    report: FetchReport,
) -> None:
    path = folder / f"fetch-{fetch.id}"
    try:
        _write(ctx, downloads, fetch, path)
        with path.open("rb") as stream:
            taken = intake.take_in(media_conn, stream, name=f"file{_extension(fetch)}", expected=fetch.sha256)
        with conn.transaction():
            done = media_fetch.finish(conn, owner, fetch, taken.sha256, taken.id)
        report.fetched += done
    except (DownloadFailed, DecryptFailed) as error:
        expired, transient = getattr(error, "expired", False), getattr(error, "transient", False)
        _fail(conn, owner, fetch, report, str(error), transient=transient, expired=expired)
    except (StoreError, OSError) as error:
        reason = str(error) if isinstance(error, StoreError) else type(error).__name__
        _fail(conn, owner, fetch, report, reason, transient=True)
    finally:
        path.unlink(missing_ok=True)


def _fail(
    conn: psycopg.Connection,
    owner: str,
    fetch: Fetch,
    report: FetchReport,
    reason: str,
    *,
    transient: bool = False,
    expired: bool = False,
) -> None:
    with conn.transaction():
        media_fetch.fail(conn, owner, fetch, reason, transient=transient, expired=expired)
    report.expired += expired
    report.failed += not expired
    report.by_reason[reason] += 1


def _write(ctx: Context, downloads: Downloads, fetch: Fetch, path: Path) -> None:
    """The plain bytes of the file. Raises `DownloadFailed` and `DecryptFailed`."""
    if fetch.locator_enc is None:
        raise DownloadFailed("its address is no longer known", expired=True)
    locator: dict[str, str] = json.loads(ctx.sealer.open(fetch.locator_enc))
    with path.open("wb") as out:
        if "inline" in locator:
            out.write(base64.b64decode(locator["inline"]))
            return
        pieces: Iterator[bytes] = downloads.pieces(address_of(locator))
        if "media_key" in locator:
            keys = media_keys(base64.b64decode(locator["media_key"]), locator.get("media_type", ""))
            decrypt(pieces, keys, out, enc_sha256=locator.get("enc_sha256"))
        else:
            for piece in pieces:
                out.write(piece)


def _extension(fetch: Fetch) -> str:
    import mimetypes

    return mimetypes.guess_extension((fetch.mime or "").partition(";")[0].strip()) or ".bin"

"""How it all is, in words: each part of the archive, whether it is in order, and what to do where it is not."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from wa_pipeline.archive.failures import failures
from wa_pipeline.archive.live_checks import inbox_state
from wa_pipeline.archive.migrations import check_version
from wa_pipeline.archive.queue import counts
from wa_pipeline.archive.views.queues import waiting
from wa_pipeline.archive.views.session import session
from wa_pipeline.console.reading import Reader
from wa_pipeline.errors import WaError
from wa_pipeline.settings import Settings
from wa_pipeline.steps.context import Context
from wa_pipeline.storage import require_private

BEHIND_S = 120
SOURCES = ("baileys", "waha", "evolution", "gowa")


@dataclass(frozen=True)
class Finding:
    """One part. `ok` is None where there is nothing to judge yet; `next` is what to do about it, `page` where."""

    part: str
    ok: bool | None
    words: str
    next: str | None = None
    page: str | None = None


def look(ctx: Context, reader: Reader) -> list[Finding]:
    """Looks at each part; one that cannot be looked at says so and hides no other."""
    found: list[Finding] = []
    for part, examine in PARTS:
        try:
            found.extend(examine(ctx, reader))
        except WaError as error:
            found.append(Finding(part, False, str(error)))
    return found


def _schema(ctx: Context, reader: Reader) -> Iterator[Finding]:
    reader.read(check_version)
    yield Finding("Database", True, "It answers, and its schema is up to date.")


def _store(ctx: Context, reader: Reader) -> Iterator[Finding]:
    require_private(ctx.store)
    kind = "Supabase Storage" if ctx.settings.uses_supabase_storage else "this machine's disk"
    yield Finding("Media store", True, f"It answers and is private; the files lie on {kind}.")


def _dagster(ctx: Context, reader: Reader) -> Iterator[Finding]:
    if answers(ctx.settings):
        yield Finding("Dagster", True, "Its pages answer.")
    else:
        yield Finding(
            "Dagster", False, "Its pages do not answer, so nothing is imported or read by itself.", "Run wa up."
        )


def _messages(ctx: Context, reader: Reader) -> Iterator[Finding]:
    queues = reader.read(waiting)
    if not queues.any_message:
        yield Finding(
            "Messages", None, "There are none yet.", "Import a chat export here, or with wa import.", "/exports"
        )
    if queues.imports or queues.imports_running:
        zone = None if ctx.settings.export_tz else "An export without a time zone waits until it has one."
        yield Finding("Exports", True, f"{queues.imports} wait and {queues.imports_running} are being imported.", zone)
    if queues.fetches:
        yield Finding("Downloads", True, f"{queues.fetches} live media files are still to be downloaded.")
    yield Finding(
        "Groups",
        True if queues.monitored else None,
        f"{queues.monitored} of {queues.groups} are monitored.",
        None if queues.monitored else "Switch on those whose live messages are to be kept, on the page Groups.",
    )


def _session(ctx: Context, reader: Reader) -> Iterator[Finding]:
    row = reader.read(session)
    inbox = reader.read(inbox_state)
    if row is None or (row.status == "disconnected" and not inbox.deliveries):
        yield Finding("WhatsApp", None, "No live session; exports work without one.", "docs/operations.md says how.")
    else:
        words = {
            "connected": "The session is connected.",
            "connecting": "The session is connecting; it may want its QR code scanned.",
            "disconnected": "The session is disconnected, so nothing live arrives.",
        }
        ok = {"connected": True, "connecting": None}.get(row.status, False)
        todo = None if ok else "A QR code to scan, if there is one:"
        yield Finding("WhatsApp", ok, words[row.status], todo, "/session")
    if any(ctx.settings.webhook_secret(source) for source in SOURCES) or inbox.deliveries:
        late = inbox.oldest_new and (datetime.now(UTC) - inbox.oldest_new).total_seconds() > BEHIND_S
        yield Finding(
            "Deliveries",
            not late,
            f"{inbox.deliveries:,} came; {inbox.new:,} are still to be interpreted, {inbox.waiting:,} wait for another "
            f"message, {inbox.skipped:,} were left out, {inbox.dead:,} could not be understood.",
            "They are behind: see the runs of messages in Dagster." if late else None,
        )


def _words(ctx: Context, reader: Reader) -> Iterator[Finding]:
    for part, step, done in (("Pictures and documents", "ocr", "read"), ("Recordings", "asr", "heard")):
        queue = reader.read(lambda conn, step=step: counts(conn, step))  # type: ignore[misc]  # bound in the loop
        rest = f", {queue.pending + queue.running:,} to go" if queue.pending + queue.running else ""
        yield Finding(part, True if queue.done or rest else None, f"{queue.done:,} {done}{rest}.")
    failed = len(reader.read(failures))
    if failed:
        yield Finding("Failures", False, f"{failed:,} could not be done.", "Why, and another try:", "/failures")
    else:
        yield Finding("Failures", True, "Nothing has failed for good.")


PARTS: tuple[tuple[str, Callable[[Context, Reader], Iterator[Finding]]], ...] = (
    ("Database", _schema),
    ("Media store", _store),
    ("Dagster", _dagster),
    ("Messages", _messages),
    ("WhatsApp", _session),
    ("Words", _words),
)


def answers(settings: Settings) -> bool:
    """Whether something listens where Dagster's pages should be."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.dagster_host, settings.dagster_host)
    try:
        with socket.create_connection((host, settings.dagster_port), timeout=0.5):
            return True
    except OSError:
        return False


__all__ = ["Finding", "answers", "look"]

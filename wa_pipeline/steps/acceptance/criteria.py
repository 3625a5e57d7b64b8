"""The nine acceptance criteria, in their order."""

from __future__ import annotations

from functools import partial

import psycopg

from wa_pipeline.archive import acceptance as asked
from wa_pipeline.archive.migrations import load
from wa_pipeline.errors import WaError
from wa_pipeline.steps.acceptance.api import message_with_signed_url
from wa_pipeline.steps.acceptance.model import Acceptance, ConsoleApp, Criterion, Outcome, Verdict
from wa_pipeline.steps.context import Context


def init_runs_twice(ctx: Context) -> Verdict:
    """0001_init.sql is run two times over on this very database, and rolled back."""
    file = load()[0]
    try:
        with ctx.connect() as conn:
            asked.run_twice(conn, file)
    except psycopg.errors.LockNotAvailable:
        return Verdict(None, "an import holds the tables; ask again when it has ended")
    except psycopg.Error as error:
        return Verdict(False, f"{file.file} fails: {error.diag.message_primary} ({error.sqlstate})")
    return Verdict(True, f"{file.file} ran twice over without an error, and was rolled back")


def extensions_exist(ctx: Context) -> Verdict:
    with ctx.connect() as conn:
        found = asked.extensions(conn)
    missing = [name for name in asked.EXTENSIONS if name not in found]
    if missing:
        return Verdict(False, f"missing: {', '.join(missing)}")
    return Verdict(True, ", ".join(f"{name} {version}" for name, version in found.items()))


def tables_and_indexes_exist(ctx: Context) -> Verdict:
    with ctx.connect() as conn:
        wrong = asked.missing_parts(conn)
    if wrong:
        return Verdict(False, "; ".join(wrong))
    return Verdict(True, f"{len(asked.SEED_TABLES)} tables and {len(asked.SEED_INDEXES)} indexes as defined")


def one_session_row(ctx: Context) -> Verdict:
    """Counts the rows, and tries to add more."""
    with ctx.connect() as conn:
        statuses = asked.session_statuses(conn)
        refusal = asked.second_session(conn)
    if len(statuses) > 1:
        return Verdict(False, f"{len(statuses)} rows: {', '.join(statuses)}")
    if refusal is None:
        return Verdict(False, "a second row is let in")
    state = f"one row, {statuses[0]}" if statuses else "no row"
    return Verdict(True, f"{state}; a second one is refused: {refusal}")


def bucket_is_private(ctx: Context) -> Verdict:
    state = ctx.store.bucket_state()
    if not state.exists:
        return Verdict(False, f"there is no bucket {ctx.store.bucket} at {ctx.store.where}")
    if state.public is None:
        return Verdict(False, f"{ctx.store.where} does not say whether {ctx.store.bucket} is private")
    kind = "public" if state.public else "private"
    return Verdict(not state.public, f"{ctx.store.bucket} at {ctx.store.where} is {kind}")


def duplicate_message_refused(ctx: Context) -> Verdict:
    """Inserts one wa_msg_id twice."""
    with ctx.connect() as conn:
        refusal = asked.duplicate_message(conn)
    if refusal is None:
        return Verdict(False, "the same wa_msg_id was let in twice")
    return Verdict(True, f"the second insert fails: {refusal}")


def duplicate_media_reused(ctx: Context) -> Verdict:
    """Inserts one sha256 twice, by plain SQL and by the archive's own way in."""
    with ctx.connect() as conn:
        refusal = asked.duplicate_media(conn)
        if refusal is None:
            return Verdict(False, "the same sha256 was let in twice")
        first, second, rows = asked.media_added_twice(conn)
    if first != second or rows != 1:
        return Verdict(False, f"the archive made {rows} rows of the same bytes")
    return Verdict(True, f"the archive gives the same row twice; plain SQL fails: {refusal}")


def monitored_groups_found(ctx: Context) -> Verdict:
    """Compares `monitor = true` with the rows read one by one, probes of both kinds among them."""
    with ctx.connect() as conn:
        found = asked.monitored_groups(conn)
    if found.wrong:
        return Verdict(False, "; ".join(found.wrong[:5]))
    return Verdict(True, f"{found.queried} groups are monitored, by the index and by reading every row alike")


CRITERIA: tuple[Criterion, ...] = (
    Criterion("init_runs_twice", "Running 0001_init.sql twice yields no errors", "schema", init_runs_twice),
    Criterion("extensions_exist", "uuid-ossp and pg_trgm exist", "schema", extensions_exist),
    Criterion("tables_and_indexes", "All tables and indexes exist as defined", "schema", tables_and_indexes_exist),
    Criterion("one_session_row", "wa_sessions has at most one row", "schema", one_session_row),
    Criterion("bucket_private", "Bucket wa-media exists and is private", "wa_media_bucket", bucket_is_private),
    Criterion("duplicate_wa_msg_id", "A duplicate wa_msg_id is refused", "chat_exports", duplicate_message_refused),
    Criterion("duplicate_sha256", "A duplicate sha256 reuses the media row", "media_files", duplicate_media_reused),
    Criterion("monitored_groups", "groups.monitor = true returns the expected rows", "schema", monitored_groups_found),
)
"""All but the last, which needs the console: see `criteria`."""


def criteria(console: ConsoleApp) -> tuple[Criterion, ...]:
    """All nine, the last one through the console's own application."""
    last = Criterion(
        "api_signed_url",
        "GET /api/messages joins media and returns a valid signed URL",
        "media_files",
        partial(message_with_signed_url, console=console),
    )
    return (*CRITERIA, last)


def judge(criterion: Criterion, ctx: Context) -> Verdict:
    """The criterion's verdict; what a user can be told in one sentence counts as failed with that sentence."""
    try:
        return criterion.check(ctx)
    except WaError as error:
        return Verdict(False, str(error))
    except psycopg.Error as error:
        return Verdict(False, f"{error.diag.message_primary or type(error).__name__} ({error.sqlstate})")


def accept(ctx: Context, console: ConsoleApp) -> Acceptance:
    """Every criterion judged, one after the other; nothing of it is left in the archive."""
    return Acceptance(tuple(Outcome(each, judge(each, ctx)) for each in criteria(console)))

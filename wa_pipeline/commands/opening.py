"""How a command opens the archive: what has to hold is checked at the start, and said in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from wa_pipeline.settings import load_settings
from wa_pipeline.steps.context import Context, open_context


@contextmanager
def reading() -> Iterator[Context]:
    """A context for a command that only reads. A database of our own is brought up to date first; another's version
    is checked."""
    with open_context(load_settings()) as ctx:
        _check_schema(ctx)
        yield ctx


@contextmanager
def writing() -> Iterator[Context]:
    """A context for a command that writes: schema, Dagster, sealing keys and bucket are in order, or it stops here."""
    with reading() as ctx:
        if ctx.dagster_trouble:
            raise ctx.dagster_trouble
        check_secrets(ctx)
        _check_store(ctx)
        yield ctx


def refuse_newer(ctx: Context) -> None:
    """Raises `DatabaseNewer` at once; for a command that will bring an older database up to date itself."""
    from wa_pipeline.archive.migrations import check_version
    from wa_pipeline.errors import DatabaseOlder

    with ctx.connect() as conn, suppress(DatabaseOlder):
        check_version(conn)


def check_secrets(ctx: Context) -> None:
    """Raises `SealedWithoutKey` where the archive holds sealed values that the keys at hand do not open."""
    from psycopg.errors import UndefinedTable

    from wa_pipeline.archive.sealed import refuse_unreadable

    with ctx.connect() as conn:
        try:
            refuse_unreadable(conn, ctx.sealer)
        except UndefinedTable:
            # Before the first migration there is nothing sealed.
            conn.rollback()


def _check_schema(ctx: Context) -> None:
    from wa_pipeline.archive.migrations import check_version
    from wa_pipeline.errors import DatabaseOlder

    with ctx.connect() as conn:
        try:
            check_version(conn)
            return
        except DatabaseOlder:
            if ctx.kind == "external":
                raise
    from wa_pipeline.steps.schema import migrate

    migrate(ctx)


def _check_store(ctx: Context) -> None:
    from wa_pipeline.storage import require_private

    if ctx.settings.uses_supabase_storage:
        require_private(ctx.store)
    else:
        from wa_pipeline.steps.bucket import ensure_bucket

        ensure_bucket(ctx)

"""What failed, and another try."""

from __future__ import annotations

from collections.abc import Sequence

from wa_pipeline.archive import failures as rows
from wa_pipeline.archive.failures import FailureRow
from wa_pipeline.errors import NoSuchFailure
from wa_pipeline.steps.context import Context


def list_failures(ctx: Context) -> list[FailureRow]:
    """Imports and media that failed for good and deliveries nobody can read, latest first, each with its reason."""
    with ctx.connect() as conn:
        return rows.failures(conn)


def failed_imports(ctx: Context, ids: Sequence[str] | None = None) -> list[str]:
    """Export keys among the failures: they are imported anew rather than queued."""
    with ctx.connect() as conn:
        return rows.failed_imports(conn, ids)


def retry_failed(ctx: Context, ids: Sequence[str] | None = None) -> int:
    """Make failures due again, those named or all; how many. Raises `NoSuchFailure` for an id that is none."""
    with ctx.connect() as conn:
        known = {failure.id for failure in rows.failures(conn)}
        for wanted in ids or ():
            if wanted not in known:
                raise NoSuchFailure(id=wanted)
        return rows.retry(conn, ids)


__all__ = ["FailureRow", "failed_imports", "list_failures", "retry_failed"]

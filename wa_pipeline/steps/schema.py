"""The schema brought up to date."""

from __future__ import annotations

from wa_pipeline.archive.migrations import MigrationReport
from wa_pipeline.archive.migrations import migrate as run_migrations
from wa_pipeline.steps.context import Context


def migrate(ctx: Context, *, dry_run: bool = False) -> MigrationReport:
    """Run the migrations that this database has not seen; `dry_run` runs them and rolls back."""
    return run_migrations(ctx.archive_url, dry_run=dry_run)

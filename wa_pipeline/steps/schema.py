"""The schema brought up to date."""

from __future__ import annotations

from wa_pipeline.archive.migrations import MigrationReport
from wa_pipeline.archive.migrations import migrate as run_migrations
from wa_pipeline.steps.context import Context


def migrate(
    ctx: Context, *, dry_run: bool = False, again: bool = False, supabase_history: bool | None = None
) -> MigrationReport:
    """Run the migrations that this database has not seen.

    `dry_run` runs them and rolls back; `again` runs those it has seen, too; `supabase_history` also records them where
    the Supabase CLI looks (None: where that table is there).
    """
    return run_migrations(ctx.archive_url, dry_run=dry_run, again=again, supabase_history=supabase_history)

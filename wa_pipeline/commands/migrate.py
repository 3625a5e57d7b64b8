"""`wa migrate`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from wa_pipeline.archive.migrations import MigrationReport
from wa_pipeline.commands.output import print_json
from wa_pipeline.settings import load_settings
from wa_pipeline.steps.context import Context, open_context
from wa_pipeline.steps.schema import migrate as run


@click.command()
@click.option("--dry-run", is_flag=True, help="Run the files, then roll back.")
@click.option("--verify", "verifying", is_flag=True, help="Compare the live schema with the files; change nothing.")
@click.option(
    "--export", "folder", type=click.Path(path_type=Path), help="Write the files as supabase/migrations here."
)
@click.option("--again", is_flag=True, help="Run every file again: puts back what was dropped by hand.")
@click.option("--supabase-history", is_flag=True, help="Record the files as the Supabase CLI does, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def migrate(
    dry_run: bool, verifying: bool, folder: Path | None, again: bool, supabase_history: bool, as_json: bool
) -> None:
    """Bring the database schema up to date, then the bucket."""
    if sum((dry_run, verifying, folder is not None)) > 1:
        raise click.UsageError("--dry-run, --verify and --export are three different things; give one.")
    if folder is not None:
        _export(folder, as_json)
        return
    with open_context(load_settings()) as ctx:
        if verifying:
            _verify(ctx, as_json)
        else:
            report = run(ctx, dry_run=dry_run, again=again, supabase_history=supabase_history or None)
            if not dry_run:
                _record(ctx)
            _show(report, as_json)


def _record(ctx: Context) -> None:
    """Dagster's own run follows the migration: before it, there may be no database to record it in."""
    from wa_pipeline.recorded import run_job

    if ctx.dagster_trouble:
        raise ctx.dagster_trouble
    run_job(ctx, "migrate")


def _show(report: MigrationReport, as_json: bool) -> None:
    if as_json:
        print_json(asdict(report))
        return
    would = "would apply" if report.dry_run else "applied"
    click.echo(f"{would}: {', '.join(report.applied)}" if report.applied else "the schema is up to date")


def _verify(ctx: Context, as_json: bool) -> None:
    from wa_pipeline.archive.migrations import verify

    report = verify(ctx.archive_url)
    if as_json:
        print_json(asdict(report))
    else:
        for finding in report.findings:
            click.echo(finding)
        click.echo("the schema is as the files say" if report.ok else _differences(len(report.findings)))
    if not report.ok:
        raise SystemExit(1)


def _differences(count: int) -> str:
    return f"{count} differences; `wa migrate --again` puts back what is missing"


def _export(folder: Path, as_json: bool) -> None:
    from wa_pipeline.archive.migrations import export_supabase

    written = export_supabase(folder)
    if as_json:
        print_json({"written": written})
    else:
        click.echo(f"wrote the migrations to {folder}; `supabase db push` applies them")

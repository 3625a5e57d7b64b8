"""`wa migrate`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from wa_pipeline.commands.output import print_json
from wa_pipeline.settings import load_settings
from wa_pipeline.steps.context import Context, open_context


@click.command()
@click.option("--dry-run", is_flag=True, help="Run the files, then roll back.")
@click.option("--verify", "verifying", is_flag=True, help="Compare the live schema with the files; change nothing.")
@click.option(
    "--export", "folder", type=click.Path(path_type=Path), help="Write the files as supabase/migrations here."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def migrate(dry_run: bool, verifying: bool, folder: Path | None, as_json: bool) -> None:
    """Bring the database schema up to date, then the bucket."""
    if sum((dry_run, verifying, folder is not None)) > 1:
        raise click.UsageError("--dry-run, --verify and --export are three different things; give one.")
    if folder is not None:
        _export(folder, as_json)
        return
    with open_context(load_settings()) as ctx:
        if verifying:
            _verify(ctx, as_json)
        elif dry_run:
            _report(ctx, dry_run=True, as_json=as_json)
        else:
            _report(ctx, dry_run=False, as_json=as_json)


def _report(ctx: Context, *, dry_run: bool, as_json: bool) -> None:
    from wa_pipeline.steps.schema import migrate as run

    if dry_run:
        report = run(ctx, dry_run=True)
    else:
        # Dagster's own run is recorded behind the migration: before it, there may be nothing to record it with.
        report = run(ctx)
        from wa_pipeline.recorded import run_job

        if ctx.dagster_trouble:
            raise ctx.dagster_trouble
        run_job(ctx, "migrate")
    if as_json:
        print_json(asdict(report))
        return
    would = "would apply" if dry_run else "applied"
    click.echo(f"{would}: {', '.join(report.applied)}" if report.applied else "the schema is up to date")


def _verify(ctx: Context, as_json: bool) -> None:
    from wa_pipeline.archive.migrations import verify

    report = verify(ctx.archive_url)
    if as_json:
        print_json(asdict(report))
    else:
        for finding in report.findings:
            click.echo(finding)
        click.echo("the schema is as the files say" if report.ok else f"{len(report.findings)} differences")
    if not report.ok:
        raise SystemExit(1)


def _export(folder: Path, as_json: bool) -> None:
    from wa_pipeline.archive.migrations import export_supabase

    written = export_supabase(folder)
    if as_json:
        print_json({"written": written})
    else:
        click.echo(f"wrote the migrations to {folder}; `supabase db push` applies them")

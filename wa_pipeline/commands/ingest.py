"""`wa ingest`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from wa_pipeline.commands.opening import writing
from wa_pipeline.commands.output import end_progress, print_json, progress_line
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.ingest import LandReport, files_in, land_file

COUNTS = ("messages", "edits", "deletes", "reactions", "groups")


@click.command()
@click.option("--from", "origin", type=click.Path(path_type=Path), help="An NDJSON file, or a folder of them.")
@click.option("--source", default="baileys", show_default=True, help="Whose bodies the lines are that name no source.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def ingest(origin: Path | None, source: str, as_json: bool) -> None:
    """Land live messages from files and interpret them; without --from, interpret what the inbox holds."""
    with writing() as ctx:
        report = ingest_all(ctx, origin, source)
    if as_json:
        print_json(report)
        return
    skipped = report["skipped"]
    assert isinstance(skipped, dict)
    click.echo(
        f"{report['landed']:,} landed, {report['duplicates']:,} were there; {report['messages']:,} messages, "
        f"{report['edits']} edits, {report['deletes']} deletions, {report['reactions']} reactions, "
        f"{report['groups']} group names, {report['failed']} that cannot be read"
    )
    for reason, times in skipped.items():
        click.echo(f"  {times:,}: {reason}")


def ingest_all(ctx: Context, origin: Path | None, source: str = "baileys") -> dict[str, object]:
    """Land what there is, then run the job `ingest`, recorded under today's partition."""
    from wa_pipeline.recorded import run_job

    landed = LandReport()
    for path in files_in(origin) if origin else ():
        land_file(ctx, path, source, landed, progress_line(path.name))
        end_progress()
    today = datetime.now(UTC).date().isoformat()
    run = run_job(ctx, "ingest", partition_key=today, progress=progress_line("interpreting"))
    end_progress()
    found = run.metadata["messages"]
    return {
        "landed": landed.landed,
        **{name: _number(found.get(name)) for name in COUNTS},
        "duplicates": landed.duplicates + _number(found.get("duplicates")),
        "skipped": _reasons(found.get("skipped_by_reason")),
        "failed": landed.dead + _number(found.get("failed")),
    }


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _reasons(table: object) -> dict[str, int]:
    """Dagster gives the table of reasons back as records."""
    records = getattr(table, "records", ())
    return {str(record.data["reason"]): int(record.data["times"]) for record in records}

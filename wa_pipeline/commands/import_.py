"""`wa import`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from wa_pipeline.archive import import_runs
from wa_pipeline.commands.opening import reading, writing
from wa_pipeline.commands.output import end_progress, print_json, progress_line
from wa_pipeline.commands.sentences import concerns_one_file, sentence
from wa_pipeline.errors import ExportMisnamed, ExportNotFound, NothingToImport
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.exports import SUFFIXES, register_export, rehearse_export


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--tz", help="The time zone of the phone that made the export, e.g. Europe/Berlin.")
@click.option("--date-order", type=click.Choice(["dmy", "mdy", "ymd"]), help="How its dates are written.")
@click.option("--group", help="The JID of the group this chat is, to bind it to the live one.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def import_(
    paths: tuple[Path, ...], tz: str | None, date_order: str | None, group: str | None, dry_run: bool, as_json: bool
) -> None:
    """Import WhatsApp chat exports: files, or folders of them. Importing again adds only what is not there."""
    given = {"tz": tz, "date_order": date_order, "group": group}
    options = {name: value for name, value in given.items() if value is not None}
    reports: list[dict[str, object]] = []
    errors: list[dict[str, object]] = []
    with reading() if dry_run else writing() as ctx:
        for path in _files(paths):
            try:
                _look_at(path)
                report = _rehearsed(ctx, path, options) if dry_run else import_one(ctx, path, options)
            except Exception as error:
                end_progress()
                if os.environ.get("WA_DEBUG"):
                    raise
                errors.append({"file": path.name, "error": sentence(error)})
                click.echo(f"wa: {sentence(error)}", err=True)
                if not concerns_one_file(error):
                    break
            else:
                end_progress()
                reports.append(report)
                if not as_json:
                    _show(report, dry_run=dry_run)
    if as_json:
        print_json({"exports": reports, **({"errors": errors} if errors else {})})
    if errors:
        raise SystemExit(1)


def _files(paths: tuple[Path, ...]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES and file.is_file())
        else:
            files.append(path)
    if not files:
        raise NothingToImport(path=paths[0])
    return files


def _look_at(path: Path) -> None:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise ExportMisnamed(file=ascii(path.name)) from None
    if not path.is_file():
        raise ExportNotFound(file=path.name)


def _rehearsed(ctx: Context, path: Path, options: dict[str, str]) -> dict[str, object]:
    return rehearse_export(ctx, path.absolute(), options, progress_line(path.name)).as_dict()


def import_one(ctx: Context, path: Path, options: dict[str, str]) -> dict[str, object]:
    """Imported by a recorded run of the job `import_export`; the report is the one the run left in import_runs."""
    from wa_pipeline.recorded import run_job

    key = register_export(
        ctx, path, tz=options.get("tz"), date_order=options.get("date_order"), group=options.get("group")
    )
    run_job(ctx, "import_export", partition_key=key)
    with ctx.connect() as conn:
        run = import_runs.get(conn, key)
    assert run is not None
    assert run.report is not None
    return run.report


def _show(report: dict[str, object], *, dry_run: bool) -> None:
    would = "would add" if dry_run else "added"
    click.echo(
        f"{report['file']}: “{report['chat']}”, {report['messages']:,} messages from {report['senders']} people, "
        f"{str(report['first_ts'])[:10]} to {str(report['last_ts'])[:10]}; {would} {report['inserted']:,}, "
        f"{report['duplicates']:,} were there, {report['media']:,} media"
    )
    for name in ("linked", "edited", "deleted"):
        if report[name]:
            click.echo(f"  {report[name]} {name} since")
    skipped = report["skipped"]
    assert isinstance(skipped, list)
    for entry in skipped:
        names = f" ({', '.join(entry['names'])})" if entry.get("names") else ""
        click.echo(f"  {entry['count']}: {entry['reason']}{names}")

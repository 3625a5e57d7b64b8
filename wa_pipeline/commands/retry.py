"""`wa retry`."""

from __future__ import annotations

import click

from wa_pipeline.archive.queue import Step
from wa_pipeline.commands.enrich import STEPS, run_enrichment
from wa_pipeline.commands.opening import writing
from wa_pipeline.commands.output import print_json
from wa_pipeline.commands.sentences import sentence
from wa_pipeline.errors import WaError
from wa_pipeline.steps.again import read_again
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.failures import failed_imports, list_failures, retry_failed


@click.command()
@click.argument("ids", nargs=-1)
@click.option(
    "--older",
    type=click.Choice(STEPS),
    multiple=True,
    help="Instead of failures: read again what another engine or version has read (ocr or asr; may be given twice).",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def retry(ids: tuple[str, ...], older: tuple[Step, ...], as_json: bool) -> None:
    """Try again what failed: the IDS that `wa failures` shows, or everything."""
    if ids and older:
        raise click.UsageError("--older reads whole steps again; give it without ids.")
    with writing() as ctx:
        retried = _read_again(ctx, older) if older else _retry_failed(ctx, ids)
        left = list_failures(ctx)
    if as_json:
        print_json({"retried": retried, "failed": len(left)})
    elif older:
        click.echo(f"{retried} read again, {len(left)} failed")
    else:
        click.echo(f"{retried} tried again, {len(left)} failed")
    if any(row.what in older if older else not ids or row.id in ids for row in left):
        raise SystemExit(1)


def _read_again(ctx: Context, steps: tuple[Step, ...]) -> int:
    due = read_again(ctx, steps)
    if due:
        run_enrichment(ctx)
    return due


def _retry_failed(ctx: Context, ids: tuple[str, ...]) -> int:
    from wa_pipeline.recorded import run_job

    imports = failed_imports(ctx, ids or None)
    retried = retry_failed(ctx, ids or None)
    for key in imports:
        try:
            run_job(ctx, "import_export", partition_key=key)
        except WaError as error:
            click.echo(f"wa: {sentence(error)}", err=True)
    if retried:
        run_enrichment(ctx)
    return retried

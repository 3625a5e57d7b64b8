"""`wa retry`."""

from __future__ import annotations

import click

from wa_pipeline.commands.enrich import run_enrichment
from wa_pipeline.commands.opening import writing
from wa_pipeline.commands.output import print_json
from wa_pipeline.commands.sentences import sentence
from wa_pipeline.errors import WaError
from wa_pipeline.steps.failures import failed_imports, list_failures, retry_failed


@click.command()
@click.argument("ids", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def retry(ids: tuple[str, ...], as_json: bool) -> None:
    """Try again what failed: the IDS that `wa failures` shows, or everything."""
    with writing() as ctx:
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
        left = list_failures(ctx)
    if as_json:
        print_json({"retried": retried, "failed": len(left)})
    else:
        click.echo(f"{retried} tried again, {len(left)} failed")
    if any(not ids or row.id in ids for row in left):
        raise SystemExit(1)

"""`wa failures`."""

from __future__ import annotations

from datetime import UTC

import click

from wa_pipeline.commands.opening import reading
from wa_pipeline.commands.output import print_json, table
from wa_pipeline.steps.failures import list_failures


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def failures(as_json: bool) -> None:
    """List what failed, and why; `wa retry ID` tries it again."""
    with reading() as ctx:
        rows = list_failures(ctx)
    if as_json:
        print_json({"failures": rows})
    elif rows:
        click.echo(table([(f"{row.at.astimezone(UTC):%Y-%m-%d %H:%M}", row.id, row.name, row.reason) for row in rows]))
    else:
        click.echo("Nothing failed.")

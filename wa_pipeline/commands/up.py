"""`wa up`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from wa_pipeline.up.supervisor import Links


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the links as one JSON document once all is up.")
def up(as_json: bool) -> None:
    """Start the database, Dagster and the console; print the links; stop everything at Ctrl-C."""
    from wa_pipeline.commands.opening import check_secrets, refuse_newer
    from wa_pipeline.settings import load_settings
    from wa_pipeline.steps.context import open_context
    from wa_pipeline.up.supervisor import run_up

    def ready(links: Links) -> None:
        if as_json:
            click.echo(links.as_json())
            return
        click.echo(f"Dagster   {links.dagster}")
        click.echo(f"Console   {links.console}")
        click.echo(f"Webhooks  {links.webhooks}… (each source needs its WA_WEBHOOK_SECRET_…)")
        click.echo(f"Exports   {links.exports} (drop WhatsApp exports here)")
        click.echo("Ctrl-C stops everything.")

    def say(words: str) -> None:
        click.echo(words, err=True)

    with open_context(load_settings()) as ctx:
        if ctx.dagster_trouble:
            raise ctx.dagster_trouble
        refuse_newer(ctx)
        check_secrets(ctx)
        say("starting Dagster and the console …")
        run_up(ctx, ready=ready, say=say)

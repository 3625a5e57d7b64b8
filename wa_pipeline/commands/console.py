"""`wa console`."""

from __future__ import annotations

import os

import click


@click.command()
@click.option("--host", help="Where to listen; WA_CONSOLE_HOST, else 127.0.0.1.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port; WA_CONSOLE_PORT, else 8400.")
def console(host: str | None, port: int | None) -> None:
    """Search in the browser, and the HTTP API, until Ctrl-C."""
    from wa_pipeline.commands.opening import check_secrets, reading
    from wa_pipeline.console import console_link
    from wa_pipeline.console.serving import serve

    # The options stand for their variables, so that whatever reads the settings agrees, signed links above all.
    for name, value in (("WA_CONSOLE_HOST", host), ("WA_CONSOLE_PORT", port)):
        if value is not None:
            os.environ[name] = str(value)
    with reading() as ctx:
        check_secrets(ctx)
        link = console_link(ctx.settings)
        serve(ctx, ready=lambda: click.echo(f"The console is at {link} (Ctrl-C stops it)"))

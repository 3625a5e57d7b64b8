"""`wa console`."""

from __future__ import annotations

import click


@click.command()
@click.option("--host", help="Where to listen; WA_CONSOLE_HOST, else 127.0.0.1.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port; WA_CONSOLE_PORT, else 8400.")
def console(host: str | None, port: int | None) -> None:
    """Search in the browser, and the HTTP API, until Ctrl-C."""
    from wa_pipeline.archive.migrations import check_version
    from wa_pipeline.console import console_link
    from wa_pipeline.console.serving import serve
    from wa_pipeline.settings import load_settings
    from wa_pipeline.steps.context import open_context

    settings = load_settings()
    given = {"console_host": host, "console_port": port}
    settings = settings.model_copy(update={name: value for name, value in given.items() if value is not None})
    with open_context(settings) as ctx:
        with ctx.connect() as conn:
            check_version(conn)
        serve(ctx, ready=lambda: click.echo(f"The console is at {console_link(settings)} (Ctrl-C stops it)"))

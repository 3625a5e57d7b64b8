"""`wa listen`."""

from __future__ import annotations

import os

import click


@click.command()
@click.option("--host", help="Where to listen; WA_LISTEN_HOST, else 127.0.0.1.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port; WA_LISTEN_PORT, else 8500.")
def listen(host: str | None, port: int | None) -> None:
    """Take live messages from workers and gateways by webhook, until Ctrl-C."""
    from wa_pipeline.commands.opening import check_secrets, reading
    from wa_pipeline.doors.serving import serve

    for name, value in (("WA_LISTEN_HOST", host), ("WA_LISTEN_PORT", port)):
        if value is not None:
            os.environ[name] = str(value)
    with reading() as ctx:
        check_secrets(ctx)
        settings = ctx.settings
        place = f"http://{settings.listen_host}:{settings.listen_port}/webhooks/…"
        open_to = [s for s in ("baileys", "waha", "evolution", "gowa") if settings.webhook_secret(s)]
        who = ", ".join(open_to) or "nobody yet: set WA_WEBHOOK_SECRET_BAILEYS, _WAHA, _EVOLUTION or _GOWA"
        serve(ctx, ready=lambda: click.echo(f"Webhooks are taken at {place} from {who} (Ctrl-C stops it)"))

"""`wa secrets`."""

from __future__ import annotations

import click

from wa_pipeline.commands.opening import reading


@click.group()
def secrets() -> None:
    """The keys that seal tokens, session credentials and media keys."""


@secrets.command()
def rotate() -> None:
    """Seal everything anew with the first key of WA_SECRET_KEYS (or a newly made one)."""
    from wa_pipeline.steps.secrets import rotate_keys

    with reading() as ctx:
        count = rotate_keys(ctx)
    click.echo(f"{count} sealed values now use the newest key")

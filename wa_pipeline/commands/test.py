"""`wa test`."""

from __future__ import annotations

import os
import sys

import click

from wa_pipeline.settings import REPOSITORY


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(arguments: tuple[str, ...]) -> None:
    """Run the test suite; arguments go to pytest. Skipped tests are named at the end."""
    os.chdir(REPOSITORY)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", "-rs", *arguments])

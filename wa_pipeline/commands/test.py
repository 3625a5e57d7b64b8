"""`wa test`."""

from __future__ import annotations

import os
import sys

import click

from wa_pipeline.settings import REPOSITORY

# Tests wait for servers and processes about as long as they compute, so two at a time take little more than half.
SIDE_BY_SIDE = ("-n", "2", "--dist", "loadfile")


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(arguments: tuple[str, ...]) -> None:
    """Run the test suite; arguments go to pytest. Skipped tests are named at the end."""
    os.chdir(REPOSITORY)
    whole = not any(os.path.exists(argument.partition("::")[0]) for argument in arguments)
    chosen = any(argument == "-n" or argument.startswith("--numprocesses") for argument in arguments)
    side_by_side = SIDE_BY_SIDE if whole and not chosen else ()
    os.execv(sys.executable, [sys.executable, "-m", "pytest", "-rs", *side_by_side, *arguments])

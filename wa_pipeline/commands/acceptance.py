"""`wa acceptance`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wa_pipeline.commands.opening import reading
from wa_pipeline.commands.output import print_json
from wa_pipeline.steps.context import Context

if TYPE_CHECKING:
    from wa_pipeline.steps.acceptance import Acceptance

MARKS = {True: "ok", False: "NO", None: "--"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def acceptance(as_json: bool) -> None:
    """Check the archive against the acceptance list of the specification, each line with its evidence."""
    with reading() as ctx:
        result = run_acceptance(ctx)
    if as_json:
        print_json(result.as_dict())
    else:
        for outcome in result.outcomes:
            click.echo(f"{MARKS[outcome.verdict.ok]}  {outcome.criterion.title}: {outcome.verdict.evidence}")
        click.echo(f"acceptance {result.passed}/{result.total}")
    if any(outcome.verdict.ok is False for outcome in result.outcomes):
        raise SystemExit(1)


def run_acceptance(ctx: Context) -> Acceptance:
    """Every criterion judged on the archive as it is."""
    from wa_pipeline.console.selfcheck import console_app
    from wa_pipeline.steps.acceptance import accept

    return accept(ctx, console_app)

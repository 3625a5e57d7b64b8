"""`wa enrich`."""

from __future__ import annotations

import time
from dataclasses import asdict

import click

from wa_pipeline.archive import queue
from wa_pipeline.commands.opening import writing
from wa_pipeline.commands.output import print_json
from wa_pipeline.steps.context import Context

STEPS: tuple[queue.Step, ...] = ("ocr", "asr")
WORDS = {"ocr": "pictures and documents", "asr": "recordings"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def enrich(as_json: bool) -> None:
    """Take the text from pictures, documents and voice notes that wait for it."""
    with writing() as ctx:
        report = run_enrichment(ctx)
    if as_json:
        print_json(report)
        return
    for step in STEPS:
        done = report[step]
        assert isinstance(done, dict)
        click.echo(
            f"{WORDS[step]}: {done['done']} read, {done['failed']} failed, {done['blocked']} blocked, "
            f"{done['pending']} waiting"
        )


def run_enrichment(ctx: Context) -> dict[str, object]:
    """Run the job `enrich`, recorded; what it changed in the queue: done, failed and blocked entries, what waits."""
    from wa_pipeline.recorded import run_job

    began = time.monotonic()
    before = _counts(ctx)
    run_job(ctx, "enrich")
    after = _counts(ctx)
    report: dict[str, object] = {"seconds": round(time.monotonic() - began, 2)}
    for step in STEPS:
        changed = {state: after[step][state] - before[step][state] for state in ("done", "failed", "blocked")}
        report[step] = changed | {"pending": after[step]["pending"]}
    return report


def _counts(ctx: Context) -> dict[str, dict[str, int]]:
    with ctx.connect() as conn:
        return {step: asdict(queue.counts(conn, step)) for step in STEPS}

"""`wa acceptance`."""

from __future__ import annotations

import click

from wa_pipeline.commands.opening import reading
from wa_pipeline.commands.output import print_json
from wa_pipeline.steps.context import Context


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def acceptance(as_json: bool) -> None:
    """Check the archive against the acceptance list of the specification, each line with its evidence."""
    with reading() as ctx:
        results = run_acceptance(ctx)
    passed = sum(bool(check["ok"]) for check in results)
    if as_json:
        print_json({"passed": passed, "total": len(results), "checks": results})
    else:
        for check in results:
            mark = {True: "ok ", False: "NO ", None: "-- "}[check["ok"]]  # type: ignore[index]
            click.echo(f"{mark} {check['title']}: {check['evidence']}")
        click.echo(f"acceptance {passed}/{len(results)}")
    if any(check["ok"] is False for check in results):
        raise SystemExit(1)


def run_acceptance(ctx: Context) -> list[dict[str, object]]:
    """Each criterion with its verdict; `ok` is null where there is no data yet to judge by."""
    from wa_pipeline.steps.acceptance import CRITERIA

    results: list[dict[str, object]] = []
    for criterion in CRITERIA:
        verdict = criterion.check(ctx)
        results.append({"id": criterion.id, "title": criterion.title, "ok": verdict.ok, "evidence": verdict.evidence})
    return results

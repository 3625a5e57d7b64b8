"""The acceptance criteria and the archive's other promises, each a check of the asset it speaks of."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg

from wa_pipeline.defs.resources import Archive
from wa_pipeline.steps.acceptance import EXTRA, ConsoleApp, Criterion, Verdict, criteria
from wa_pipeline.steps.acceptance.criteria import judge

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from wa_pipeline.steps.context import Context


def _no_console(ctx: "Context") -> "tuple[ASGIApp, str]":
    raise NotImplementedError("the list of checks is read without running them")


SPECS = [
    dg.AssetCheckSpec(each.id, asset=each.asset, description=each.title) for each in (*criteria(_no_console), *EXTRA)
]


@dg.multi_asset_check(name="acceptance", specs=SPECS, can_subset=True)
def acceptance(
    context: dg.AssetCheckExecutionContext,
    archive: dg.ResourceParam[Archive],
    console: dg.ResourceParam[ConsoleApp],
) -> Iterator[dg.AssetCheckResult]:
    """The same functions as `wa acceptance`; what they try is rolled back."""
    wanted = {key.name for key in context.selected_asset_check_keys}
    with archive.open(run_id=context.run.run_id) as ctx:
        for each in (*criteria(console), *EXTRA):
            if each.id in wanted:
                yield _result(each, judge(each, ctx))


def _result(criterion: Criterion, verdict: Verdict) -> dg.AssetCheckResult:
    """No data to judge by is a warning: neither proven nor broken."""
    evidence = f"```\n{verdict.evidence}\n```" if "\n" in verdict.evidence else verdict.evidence
    return dg.AssetCheckResult(
        asset_key=criterion.asset,
        check_name=criterion.id,
        passed=verdict.ok is True,
        severity=dg.AssetCheckSeverity.WARN if verdict.ok is None else dg.AssetCheckSeverity.ERROR,
        metadata={"evidence": dg.MetadataValue.md(evidence)},
    )

"""Runs that sensors ask for stay a while, so that a busy evening is a few runs and not thousands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from wa_pipeline.defs.jobs import FOLLOW_TAG

if TYPE_CHECKING:
    from wa_pipeline.steps.following import Following

# Engines stay loaded meanwhile, and each run leaves some 40 kB in Dagster's event log.
QUIET_SECONDS = 45.0
AT_MOST_SECONDS = 900.0


def following(context: dg.AssetExecutionContext) -> Following | None:
    """How long this run of a media step stays for more; None where it is to end with what there is."""
    from wa_pipeline.steps.following import Following

    if FOLLOW_TAG not in context.run.tags:
        return None
    return Following(quiet_s=QUIET_SECONDS, at_most_s=AT_MOST_SECONDS)

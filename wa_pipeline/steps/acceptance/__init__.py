"""The acceptance criteria, as functions that `wa acceptance`, Dagster's asset checks and the tests all call."""

from __future__ import annotations

from wa_pipeline.steps.acceptance.criteria import CRITERIA, accept, criteria
from wa_pipeline.steps.acceptance.extra import EXTRA
from wa_pipeline.steps.acceptance.model import Acceptance, ConsoleApp, Criterion, Outcome, Verdict

__all__ = [
    "CRITERIA",
    "EXTRA",
    "Acceptance",
    "ConsoleApp",
    "Criterion",
    "Outcome",
    "Verdict",
    "accept",
    "criteria",
]

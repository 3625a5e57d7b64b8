"""What a criterion is, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wa_pipeline.steps.context import Context

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    ConsoleApp = Callable[[Context], tuple[ASGIApp, str]]
else:
    ConsoleApp = Callable
"""Makes the console's application over a context, with the token that opens it. Steps lie below the console and are
given it by whoever calls them."""


@dataclass(frozen=True)
class Verdict:
    """`ok` is None where there is no data yet to judge by; `evidence` is one sentence that shows why."""

    ok: bool | None
    evidence: str


Check = Callable[[Context], Verdict]


@dataclass(frozen=True)
class Criterion:
    """One promise of the archive: `asset` is the Dagster asset it is a check of."""

    id: str
    title: str
    asset: str
    check: Check


@dataclass(frozen=True)
class Outcome:
    """A criterion with the verdict it was given."""

    criterion: Criterion
    verdict: Verdict


@dataclass(frozen=True)
class Acceptance:
    """All outcomes, in the criteria's order."""

    outcomes: tuple[Outcome, ...]

    @property
    def passed(self) -> int:
        return sum(outcome.verdict.ok is True for outcome in self.outcomes)

    @property
    def total(self) -> int:
        return len(self.outcomes)

    def as_dict(self) -> dict[str, object]:
        """The object `wa acceptance --json` prints."""
        return {
            "passed": self.passed,
            "total": self.total,
            "checks": [
                {"id": each.criterion.id, "ok": each.verdict.ok, "evidence": each.verdict.evidence}
                for each in self.outcomes
            ],
        }

"""How a search goes on below the rows it has walked: walking, or asking the indexes for a stretch or all the rest.

What a step takes is counted in rows walked. Measured at a million messages, one takes half a microsecond.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from wa_pipeline.archive.cursor import Position

FIRST_WALK = 1_000
GROWTH = 8
"""Rows of the next step for each of those before, where they held nothing."""
WORTH = 10_000.0
"""What is asked at once if it is no dearer than this."""
WALKED = 1.0
TESTED_FOR_NEAR = 3.0
"""More for the regular expression that looks for one of several words."""
FILTERED = 3.0
"""Rows under a filter are walked as they lie in the table: each on another page."""
READ = 0.2
FETCHED = 3.0
SPANNED = 0.07
"""Entries of an index, rows that are fetched for them, and rows of a stretch, which are told by their time."""


@dataclass(frozen=True)
class Outlook:
    """What is known before the indexes are asked: about how many rows there are, how many of them they would find, and
    how many entries they would read for that; moments, in order, between any two of which about as many rows lie;
    whether one of several words is looked for, and whether filters narrow the rows."""

    rows: int
    found: int
    read: int
    moments: Sequence[datetime]
    near: bool
    filtered: bool

    def beyond(self, place: Position | None, count: int, *, newer: bool) -> Position | None:
        """A place with about so many rows between it and `place`, which is newer; with `newer`, older. None where
        hardly more are left."""
        ahead = [at for at in self.moments if place is None or (at > place.ts if newer else at < place.ts)]
        passed = max(1, round(count / self.rows * len(self.moments)))
        return Position(ahead[passed - 1 if newer else -passed], UUID(int=0)) if passed < len(ahead) else None


@dataclass(frozen=True)
class Step:
    """About so many rows more, walked or asked of the indexes; `count` None: all the rest, asked of the indexes."""

    count: int | None
    walk: bool = False


def next_step(outlook: Outlook, *, walked: int, hits: int, needed: int) -> Step:
    """The step after `walked` rows with so many hits, while as many as `needed` are still to be found.

    A page that hits are found for is filled by half as many rows again as were walked for each of them. Otherwise each
    step is a multiple of those before, so that a term which the newest rows lack costs little more than if it had been
    looked for where it is. The rest is asked for as soon as that is no dearer than two such steps.
    """
    count = 3 * needed * walked // (2 * hits) + 1 if hits else GROWTH * walked
    # The newest rows may know a term of which the sample knows nothing.
    found = max(outlook.found, outlook.rows * hits // (2 * walked))
    tested = TESTED_FOR_NEAR if outlook.near else 0.0
    share = min(1.0, count / outlook.rows)
    walking = count * ((FILTERED if outlook.filtered else WALKED) + tested)
    if share * found > 4 * needed:
        # The page will be full somewhere on the way.
        walking /= 2
    asked, fetched = max(outlook.read, found) * READ, found * (FETCHED + tested)
    whole = asked + fetched
    # Under a filter, so many rows may lie anywhere.
    stretch = whole if outlook.filtered else asked + share * fetched + count * SPANNED
    if whole <= max(WORTH, 2 * min(walking, stretch)):
        return Step(None)
    return Step(count, walk=walking <= stretch)


__all__ = ["FIRST_WALK", "Outlook", "Step", "next_step"]

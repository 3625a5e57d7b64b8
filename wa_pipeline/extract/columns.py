"""The order in which lines of a page are read: from the top, and one column after the other where there are columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

_FEWEST = 4
_NARROWEST = 0.3
"""Of the width of all: narrower columns are those of a list (names and prices), whose rows belong together."""


class Place(NamedTuple):
    """The bounds of a line, in pixels."""

    left: float
    top: float
    right: float
    below: float


def reading_order(places: Sequence[Place]) -> list[int]:
    """The indexes of the lines in the order they are read in."""
    return _ordered(places, sorted(range(len(places)), key=lambda index: places[index].top + places[index].below))


def _ordered(places: Sequence[Place], lines: list[int]) -> list[int]:
    # A line across both columns (a heading) parts what stands above it from what stands below.
    runs = [run for edge in {places[line].left for line in lines} for run in _runs(places, lines, edge)]
    if not runs:
        return lines
    first, last, edge = max(runs, key=lambda run: run[1] - run[0])
    left, right = _sides(places, lines[first:last], edge)
    return [*_ordered(places, lines[:first]), *left, *right, *_ordered(places, lines[last:])]


def _runs(places: Sequence[Place], lines: Sequence[int], edge: float) -> Iterator[tuple[int, int, float]]:
    """(first, last, edge) of the lines in a row that no line across `edge` interrupts, where they are two columns."""
    across = [number for number, line in enumerate(lines) if places[line].left < edge < places[line].right]
    for before, after in pairwise((-1, *across, len(lines))):
        if after - before > 2 * _FEWEST and _columns(places, lines[before + 1 : after], edge):
            yield before + 1, after, edge


def _columns(places: Sequence[Place], lines: Sequence[int], edge: float) -> bool:
    wide = max(places[line].right for line in lines) - min(places[line].left for line in lines)
    return all(
        len(side) >= _FEWEST and _typical_width(places, side) >= _NARROWEST * wide and _flush(places, side)
        for side in _sides(places, lines, edge)
    )


def _sides(places: Sequence[Place], lines: Sequence[int], edge: float) -> tuple[list[int], list[int]]:
    left = [line for line in lines if places[line].left < edge]
    return left, [line for line in lines if places[line].left >= edge]


def _typical_width(places: Sequence[Place], lines: Sequence[int]) -> float:
    widths = sorted(places[line].right - places[line].left for line in lines)
    return widths[len(widths) // 2]


def _flush(places: Sequence[Place], lines: Sequence[int]) -> bool:
    """Whether most lines begin at one edge, as those of a column do and those of speech bubbles on the right do not."""
    edge = min(places[line].left for line in lines)
    high = max(places[line].below - places[line].top for line in lines)
    return sum(places[line].left - edge <= high for line in lines) >= 0.8 * len(lines)

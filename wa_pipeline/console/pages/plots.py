"""Plots as numbers a template can draw: where each column stands and how high it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 720, 160
_GAP = 0.2
_WIDEST = 48.0
_LABELS = 6
_EDGE = 48.0


@dataclass(frozen=True)
class Column:
    """One bar, in the units of the picture; `label` and `value` for those who hover or listen."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: int


@dataclass(frozen=True)
class Tick:
    x: float
    label: str
    anchor: str


@dataclass(frozen=True)
class Plot:
    """A picture of `width` by `height`; `top` is the value its upper edge stands for."""

    columns: list[Column]
    ticks: list[Tick]
    top: int
    width: int = WIDTH
    height: int = HEIGHT


def columns(counted: Sequence[tuple[date, int]], form: str, *, tick: str) -> Plot | None:
    """The plot of counts over time, its columns named by `form` and its axis by `tick`; None where there are none."""
    if not counted:
        return None
    top = round_up(max(number for _, number in counted))
    step = WIDTH / len(counted)
    wide = min(step * (1 - _GAP), _WIDEST)
    bars = [
        Column(
            round(index * step + (step - wide) / 2, 2),
            round(HEIGHT - HEIGHT * number / top, 2),
            round(wide, 2),
            round(HEIGHT * number / top, 2),
            at.strftime(form),
            number,
        )
        for index, (at, number) in enumerate(counted)
    ]
    every = max(1, -(-len(bars) // _LABELS))
    named = list(zip(bars, counted, strict=True))[::every]
    ticks = [_tick(bar, at.strftime(tick)) for bar, (at, _) in named]
    return Plot(bars, ticks, top)


def _tick(bar: Column, label: str) -> Tick:
    # In the middle of the outermost column a label would be cut off at the picture's edge.
    return Tick(bar.x, label, "start") if bar.x < _EDGE else Tick(bar.x + bar.width / 2, label, "middle")


def round_up(number: int) -> int:
    """The next number people like to read off an axis: 1, 2 or 5 times a power of ten."""
    power = 1
    while True:
        for step in (1, 2, 5):
            if number <= step * power:
                return step * power
        power *= 10

"""What a step reports, as Dagster shows it: metadata, a picture where a person would rather look, progress."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from wa_pipeline.settings import Settings
    from wa_pipeline.steps.context import Progress

PROGRESS_EVERY = 30.0
WIDTH, HEIGHT, GAP, FOOT = 480, 120, 3, 18


def metadata(report: DataclassInstance, *, leave_out: Sequence[str] = ()) -> dict[str, dg.MetadataValue]:
    """A report's fields as metadata, but for those in `leave_out`."""
    return shown({field.name: getattr(report, field.name) for field in fields(report) if field.name not in leave_out})


def shown(values: Mapping[str, object]) -> dict[str, dg.MetadataValue]:
    """Values as metadata: numbers and sentences as they are, mappings and lists as JSON, None left out.

    Reports hold counts, names and reasons. Message text and signed links have no place in them, because Dagster keeps
    every event for ever.
    """
    return {name: _value(value) for name, value in values.items() if value is not None}


def _value(value: object) -> dg.MetadataValue:
    if isinstance(value, bool):
        return dg.MetadataValue.bool(value)
    if isinstance(value, int):
        return dg.MetadataValue.int(value)
    if isinstance(value, (float, Decimal)):
        return dg.MetadataValue.float(round(float(value), 3))
    if isinstance(value, Mapping):
        return dg.MetadataValue.json(dict(value))
    if isinstance(value, (list, tuple)):
        return dg.MetadataValue.json(list(value))
    return dg.MetadataValue.text(str(value))


def in_console(settings: Settings, page: str) -> dict[str, dg.MetadataValue]:
    """The console's page (a path) on which a run's work is seen."""
    return {"in the console": dg.MetadataValue.url(settings.console_url + page)}


def bars(title: str, heights: Sequence[tuple[str, int]]) -> dg.MarkdownMetadataValue:
    """A bar chart as a picture inside markdown: one bar per (label, height), the first and last labels written out."""
    top = max((height for _, height in heights), default=0) or 1
    step = WIDTH / max(len(heights), 1)
    drawn = []
    for place, (label, height) in enumerate(heights):
        tall = round((HEIGHT - FOOT - 14) * height / top, 1)
        drawn.append(
            f'<rect x="{place * step:.1f}" y="{HEIGHT - FOOT - tall:.1f}" width="{max(step - GAP, 1):.1f}"'
            f' height="{tall:.1f}" fill="#4f43dd"><title>{label}: {height}</title></rect>'
        )
    ends = [heights[0][0], heights[-1][0]] if heights else ["", ""]
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif"'
        f' font-size="11" fill="#777">{"".join(drawn)}'
        f'<text x="0" y="10">{title}, highest {top}</text>'
        f'<text x="0" y="{HEIGHT - 4}">{ends[0]}</text>'
        f'<text x="{WIDTH}" y="{HEIGHT - 4}" text-anchor="end">{ends[1]}</text></svg>'
    )
    data = base64.b64encode(svg.encode()).decode()
    return dg.MetadataValue.md(f"![{title}](data:image/svg+xml;base64,{data})")


def times(files: Sequence[tuple[str, int]]) -> dg.TableMetadataValue:
    """(file name, milliseconds) as a table in seconds."""
    records = [dg.TableRecord({"seconds": round(spent / 1000, 2), "file": name}) for name, spent in files]
    columns = [dg.TableColumn("seconds", "float"), dg.TableColumn("file", "string")]
    return dg.MetadataValue.table(records, schema=dg.TableSchema(columns))


def tenths(values: Sequence[float]) -> list[tuple[str, int]]:
    """How many of the values, each from 0 to 1, lie in each tenth."""
    counted = [0] * 10
    for value in values:
        counted[min(max(int(value * 10), 0), 9)] += 1
    return [(f"{place / 10:.1f}–{(place + 1) / 10:.1f}", number) for place, number in enumerate(counted)]


class Observer:
    """Shows a step's counts while it works: to whoever asked for the run, and, no oftener than every 30 seconds, as an
    observation of the asset."""

    def __init__(self, context: dg.AssetExecutionContext, also: Progress | None) -> None:
        self._context = context
        self._also = also
        self._last = time.monotonic()

    def __call__(self, counts: Mapping[str, int | float | str]) -> None:
        if self._also:
            self._also(counts)
        if time.monotonic() - self._last < PROGRESS_EVERY:
            return
        self._last = time.monotonic()
        partition = self._context.partition_key if self._context.has_partition_key else None
        self._context.log_event(dg.AssetObservation(self._context.asset_key, partition=partition, metadata={**counts}))

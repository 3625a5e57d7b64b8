"""What commands print: JSON for programs, a line or a table for people, progress where somebody watches."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import click

from wa_pipeline.steps.context import Counts


def print_json(value: object) -> None:
    """One JSON document on standard output; where that cannot take every letter, in JSON's own escapes."""
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    click.echo(json.dumps(value, default=plain, ensure_ascii=not unicode))


def plain(value: object) -> object:
    """What JSON has no form for: times in RFC 3339 UTC, decimals as numbers, ids and paths as text."""
    if isinstance(value, datetime):
        from datetime import UTC

        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, UUID | Path):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def table(rows: Sequence[Sequence[object]]) -> str:
    """Rows as aligned columns; the last column is as long as it is."""
    cells = [[str(cell) for cell in row] for row in rows]
    if not cells:
        return ""
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]) - 1)]
    lines = []
    for row in cells:
        padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        lines.append("  ".join([*padded, row[-1]]))
    return "\n".join(lines)


def progress_line(what: str) -> Callable[[Counts], None] | None:
    """Counts on one line of the terminal, twice a second at most; None where nobody watches."""
    if not sys.stderr.isatty():
        return None
    last = 0.0

    def show(counts: Counts) -> None:
        nonlocal last
        if time.monotonic() - last < 0.5:
            return
        last = time.monotonic()
        figures = ", ".join(
            f"{name} {value:,}" if isinstance(value, int) else f"{name} {value}" for name, value in counts.items()
        )
        click.echo(f"\r\x1b[K{what}: {figures}", nl=False, err=True)

    return show


def end_progress() -> None:
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)

"""Deliveries from files into the inbox: NDJSON as workers write it, or a gateway's bodies one a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from wa_pipeline.archive.inbox import Arrival, land
from wa_pipeline.errors import NothingToIngest
from wa_pipeline.steps.context import Context, Progress
from wa_pipeline.whatsapp.normalise import SOURCES, event_id

SUFFIXES: Final = frozenset({".ndjson", ".jsonl", ".json"})
BATCH: Final = 500
BATCH_BYTES: Final = 8 << 20
LONGEST_LINE: Final = 64 << 20


@dataclass
class LandReport:
    """Deliveries added, those that were there, and those among the added that nobody can read."""

    landed: int = 0
    duplicates: int = 0
    dead: int = 0


def files_in(path: Path) -> list[Path]:
    """The file itself, or the NDJSON files of a folder by name. Raises `NothingToIngest`."""
    if path.is_file():
        return [path]
    found = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES) if path.is_dir() else []
    if not found:
        raise NothingToIngest(path=path)
    return found


def land_file(ctx: Context, path: Path, source: str, report: LandReport, progress: Progress | None = None) -> None:
    """Land a file's lines, some hundred a transaction, so that what is landed stays when it is cut off.

    A line is `{"source", "event", "data"}` or, where it names no source, a body of `source`. What is no JSON becomes a
    dead letter that names its line; the others go on.
    """
    with path.open("rb") as lines, ctx.connect() as conn:
        for batch in _batches(lines, path.name, source):
            with conn.transaction():
                landed = land(conn, batch)
            report.landed += landed.landed
            report.duplicates += landed.duplicates
            report.dead += landed.dead
            if progress:
                progress({"landed": report.landed, "duplicates": report.duplicates})


def _batches(lines: BinaryIO, name: str, source: str) -> Iterator[list[Arrival]]:
    batch: list[Arrival] = []
    size = 0
    for number, line in _lines(lines):
        if not line.strip():
            continue
        batch.append(_arrival(line.strip(), f"{name}, line {number}", source))
        size += len(line)
        if len(batch) >= BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _lines(lines: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Numbered lines; what goes on beyond any payload's size comes in pieces, each of which will be a dead letter."""
    number = 0
    while line := lines.readline(LONGEST_LINE):
        number += 1
        yield number, line


def _arrival(line: bytes, where: str, source: str) -> Arrival:
    try:
        payload = json.loads(line)
    except (ValueError, RecursionError):
        return Arrival(source, line, error=f"{where}: not JSON")
    if not isinstance(payload, dict):
        return Arrival(source, line)
    named = payload.get("source")
    if named is None:
        return Arrival(source, line, event_id(source, payload))
    if named not in SOURCES:
        return Arrival(source, line, error=f"{where}: there is no source of that name")
    return Arrival(str(named), line, event_id(str(named), payload))

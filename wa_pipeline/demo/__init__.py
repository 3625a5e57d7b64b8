"""The sample archive: three invented chats as export zips, a fourth as live deliveries, and what an archive must hold
once they are in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

__all__ = ["LiveSample", "SampleExport", "expected", "live_sample", "sample_exports"]

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class SampleExport:
    """One export of the sample archive, and what `wa import` must be told about it."""

    path: Path
    tz: str
    date_order: Literal["dmy", "mdy", "ymd"]


@dataclass(frozen=True)
class LiveSample:
    """The live part: NDJSON for `wa ingest --from`, the group to be monitored, and what is there afterwards."""

    path: Path
    group_id: str
    expected: dict[str, Any]


def live_sample() -> LiveSample:
    """Deliveries of one group; `expected` is what data/expected_live.json says (`story_dinner.py` says why)."""
    says: dict[str, Any] = json.loads((DATA / "expected_live.json").read_text(encoding="utf-8"))
    return LiveSample(DATA / "Friday Dinner Club.ndjson", says["group"]["id"], says)


def sample_exports() -> list[SampleExport]:
    """The four exports in the order they are to be imported: the second is a later, overlapping one of the first."""
    return [SampleExport(DATA / one["file"], one["tz"], one["date_order"]) for one in expected()["exports"]]


def expected() -> dict[str, Any]:
    """What data/expected.json says: block_senders, exports, archive, again, hits (`expectations.py` makes it)."""
    loaded: dict[str, Any] = json.loads((DATA / "expected.json").read_text(encoding="utf-8"))
    return loaded

"""The audit log in words: each entry as facts worth reading, with links to what they speak of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from wa_pipeline.archive.views.activity import Activity

KIND_WORDS = {
    "connect": "Connected",
    "disconnect": "Disconnected",
    "reconnect": "Connected again",
    "qr_generated": "QR code made",
    "discovery": "Groups fetched",
    "group_rename": "Group renamed",
    "ingest": "Taken in",
    "error": "Failed",
}
LABELS = {"chat_id": "chat", "run_id": "run", "expires_at": "valid until", "at": "at", "rows": "deliveries"}
# Where Dagster shows the runs of what is logged without a run of its own.
ASSETS = {"discovery": "groups", "qr_generated": "wa_session", "connect": "wa_session", "reconnect": "wa_session"}
_LONGEST = 300


@dataclass(frozen=True)
class Fact:
    """One thing about an entry. `value` is words, or a time to be shown as one; `link` where it leads, if anywhere."""

    label: str
    value: str | datetime
    link: str | None = None


@dataclass(frozen=True)
class Happening:
    """An entry. `runs` is where Dagster shows the runs behind it."""

    title: str
    at: datetime
    facts: list[Fact]
    runs: str | None


def told(item: Activity, dagster: str, names: Mapping[str, str]) -> Happening:
    """An entry for people: what is nothing (0, empty, unknown) is left out; `names` are the groups' by their ids."""
    title = KIND_WORDS.get(item.kind, item.kind)
    return Happening(
        title, item.at, [_fact(*each, dagster, names) for each in _worth(item.detail)], _runs(item, dagster)
    )


def _worth(detail: Mapping[str, object]) -> list[tuple[str, object]]:
    nothing: tuple[object, ...] = (None, 0, "", "none", {}, [])
    return [(name, value) for name, value in detail.items() if value not in nothing]


def _fact(name: str, value: object, dagster: str, names: Mapping[str, str]) -> Fact:
    label = LABELS.get(name, name.replace("_", " "))
    text = _text(value)
    if name in ("chat_id", "group"):
        return Fact(label, names.get(text, text), f"/chat?id={quote(text, safe='')}")
    if name == "run_id":
        return Fact(label, text[:8], f"{dagster}/runs/{quote(text, safe='')}")
    if name in ("at", "expires_at"):
        try:
            return Fact(label, datetime.fromisoformat(text))
        except ValueError:
            pass
    return Fact(label, text)


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        value = ", ".join(f"{name}: {number}" for name, number in value.items())
    elif isinstance(value, list):
        value = ", ".join(map(str, value))
    elif isinstance(value, int) and not isinstance(value, bool):
        value = f"{value:,}"
    return str(value)[:_LONGEST]


def _runs(item: Activity, dagster: str) -> str | None:
    if "run_id" in item.detail:
        return None
    if export := item.detail.get("export"):
        return f"{dagster}/assets/chat_exports?view=partitions&partition={quote(str(export), safe='')}"
    if item.kind == "ingest":
        return f"{dagster}/assets/messages"
    asset = ASSETS.get(item.kind)
    return f"{dagster}/assets/{asset}" if asset else None


__all__ = ["KIND_WORDS", "Fact", "Happening", "told"]

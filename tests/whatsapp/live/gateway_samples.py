"""Bodies to read: the gateways' own samples, which stay beside the repository, and invented ones of a group."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from wa_pipeline.whatsapp.events import Event, Normalised
from wa_pipeline.whatsapp.normalise import normalise

REPOSITORY = Path(__file__).resolve().parents[3]
_PLACES = [folder / "shared" / "payloads" for folder in REPOSITORY.parents]
SHARED = next((place for place in _PLACES if place.is_dir()), _PLACES[0])
DATA = REPOSITORY / "tests" / "data"
beside = pytest.mark.skipif(not SHARED.is_dir(), reason="the gateways' samples are not beside the repository")


class Said(NamedTuple):
    """What a body is to give: the event's kind, what it is about, its words; or why nothing."""

    event: str
    chat: str | None = None
    stanza: str | None = None
    text: str | None = None
    kind: str = "text"
    subkind: str | None = None


def samples(source: str) -> dict[str, Any]:
    """The published bodies by file name."""
    found = {path.name: path for path in sorted((SHARED / source).glob("*-*.json"))}
    return {name: json.loads(path.read_text(encoding="utf-8")) for name, path in found.items()}


def invented(source: str) -> list[Any]:
    lines = (DATA / source / "group.ndjson").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def said(found: Normalised) -> list[Said]:
    """Events and skips in the table's form; for what is about another message, that message."""
    told = [_said(event) for event in found.events if event.event != "alias"]
    return told + [Said("skip", text=skip.reason) for skip in found.skips]


def _said(event: Event) -> Said:
    words = event.name or event.status or event.text
    return Said(event.event, event.chat_id, event.target_stanza_id or event.stanza_id, words, event.kind, event.subkind)


def read_all(source: str) -> list[Event]:
    return [event for body in invented(source) for event in normalise(source, body).events]


def messages(source: str) -> dict[str | None, Event]:
    """The messages of the invented group by stanza."""
    return {event.stanza_id: event for event in read_all(source) if event.event in ("message", "undecryptable")}

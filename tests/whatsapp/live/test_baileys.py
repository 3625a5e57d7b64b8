"""Baileys' events give the same messages however their bytes and numbers are spelt, and nothing breaks the reading."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.baileys_expected import DINNER, GROUP, NAME, ROWS
from wa_pipeline.whatsapp.baileys.content import DEEPEST
from wa_pipeline.whatsapp.baileys.values import data, moment, number
from wa_pipeline.whatsapp.events import Event, Unreadable
from wa_pipeline.whatsapp.jids import normalise_jid, person_and_alias
from wa_pipeline.whatsapp.normalise import SOURCES, normalise

DATA = Path(__file__).parents[2] / "data" / "baileys"


def sample(name: str) -> Any:
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def upsert(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"event": "messages.upsert", "data": {"type": "notify", "messages": list(messages)}}


def message(content: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    key = {"remoteJid": GROUP, "fromMe": False, "id": "X1", "participant": "1:7@s.whatsapp.net"}
    return {"key": key, "message": content, "messageTimestamp": 1700000000, "pushName": "Ann", **more}


def only(content: dict[str, Any] | None, **more: Any) -> Event:
    [event] = normalise("baileys", upsert(message(content, **more))).events
    return event


def respelt(value: Any, spell: Callable[[bytes], object], long: Callable[[int], object]) -> Any:
    """The sample with its bytes and its 64-bit numbers spelt in another way."""
    if isinstance(value, dict):
        if value.get("type") == "Buffer":
            return spell(base64.b64decode(value["data"]))
        if value.keys() == {"low", "high", "unsigned"}:
            return long((value["high"] << 32) | value["low"])
        return {key: respelt(inner, spell, long) for key, inner in value.items()}
    return [respelt(inner, spell, long) for inner in value] if isinstance(value, list) else value


SPELLINGS: dict[str, tuple[Callable[[bytes], object], Callable[[int], object]]] = {
    "base64 and strings": (lambda b: base64.b64encode(b).decode(), str),
    "arrays in buffers and numbers": (lambda b: {"type": "Buffer", "data": list(b)}, int),
    "maps with numeric keys": (lambda b: {str(n): byte for n, byte in enumerate(b)}, int),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_every_spelling_says_the_same(name: str) -> None:
    original = sample("messages.upsert.bufferjson.json")
    spell, long = SPELLINGS[name]
    assert normalise("baileys", respelt(original, spell, long)).events == normalise("baileys", original).events


def test_the_sample_is_read_as_a_person_would() -> None:
    found = normalise("baileys", sample("messages.upsert.bufferjson.json"))
    rows = {e.stanza_id: e for e in found.events if e.event in ("message", "undecryptable")}
    assert list(rows) == [row.stanza for row in ROWS]
    for row in ROWS:
        event = rows[row.stanza]
        assert (event.kind, event.subkind, event.sender) == (row.kind, row.subkind, row.sender)
        assert (event.quoted.stanza_id if event.quoted else event.album_parent) == row.parent
        if not row.edited:
            assert event.text == row.text
    assert [e.event for e in found.events if e.event not in ("message", "undecryptable")] == [
        "group", "edit", "delete", "reaction", "reaction",
    ]  # fmt: skip
    media = rows["3A0000000000000000B1"].media
    assert media is not None
    assert (media.sha256, media.size, media.width, media.height) == (DINNER, 7572, 640, 480)
    assert found.skips == []


def test_derived_events_say_what_the_messages_said() -> None:
    raw = {e.event: e for e in normalise("baileys", sample("messages.upsert.bufferjson.json")).events}
    derived = normalise("baileys", sample("derived_events.bufferjson.json"))
    for event in derived.events:
        if event.event in ("edit", "reaction"):
            told = raw[event.event]
            assert (event.target_stanza_id, event.sender) == (told.target_stanza_id, told.sender)
    [edit] = [e for e in derived.events if e.event == "edit"]
    assert (edit.text, edit.ts) == (raw["edit"].text, raw["edit"].ts)
    [delete] = [e for e in derived.events if e.event == "delete"]
    assert delete.target_stanza_id == "3EB0AAAAAAAAAAAAAA02"
    assert {e.name for e in derived.events if e.event == "group"} == {NAME}


def test_no_secret_is_in_an_event_or_in_what_is_kept() -> None:
    found = normalise("baileys", sample("messages.upsert.bufferjson.json"))
    shown = repr(found.events) + json.dumps(found.clean)
    for secret in (
        "qONtHImxfR6naGUTko",
        "mmg.whatsapp.net",
        "directPath",
        "oh=01_Q5",
        "cHFl6ZhLUdzfHKfMm2",
        "/9j/4AAQ",
    ):
        assert secret not in shown
    kept = normalise("baileys", found.clean).events
    assert [e.text for e in kept] == [e.text for e in found.events]
    assert normalise("baileys", found.clean).clean is None


def test_a_plain_message_is_kept_as_it_came() -> None:
    assert normalise("baileys", upsert(message({"conversation": "hi"}))).clean is None


@pytest.mark.parametrize("depth", [1, 10, DEEPEST - 1])
def test_wrappers_are_taken_off_to_any_sensible_depth(depth: int) -> None:
    content: dict[str, Any] = {"conversation": "inside"}
    for _ in range(depth):
        content = {"viewOnceMessageV2": {"message": content}}
    event = only(content)
    assert (event.text, list(event.flags)) == ("inside", ["view_once"])


def test_deeper_wrappers_end_as_a_row_that_says_so() -> None:
    content: dict[str, Any] = {"conversation": "inside"}
    for _ in range(DEEPEST + 5):
        content = {"ephemeralMessage": {"message": content}}
    assert only(content).subkind == "too_deep"


def test_an_unknown_kind_keeps_its_name_and_its_words() -> None:
    event = only({"futureThingMessage": {"body": {"text": "look at this"}, "buttons": [{"displayText": "Yes"}]}})
    assert (event.kind, event.subkind, event.text) == ("other", "future_thing", "look at this\nYes")


def test_a_device_is_not_part_of_who_it_is() -> None:
    assert only({"conversation": "hi"}).sender == "1@s.whatsapp.net"
    assert normalise_jid("49170_1:12@c.us") == "49170@s.whatsapp.net"
    assert normalise_jid("120363-1@g.us") == "120363-1@g.us"


def test_the_phone_number_is_the_sender_where_both_are_told() -> None:
    lid, phone = "99@lid", "1@s.whatsapp.net"
    assert person_and_alias(lid, phone) == (phone, lid)
    assert person_and_alias(phone, lid) == (phone, lid)
    assert person_and_alias(lid, None) == (lid, None)
    key = {"remoteJid": GROUP, "id": "X", "participant": "99:3@lid", "participantAlt": "1:3@s.whatsapp.net"}
    alias, event = normalise("baileys", upsert(message({"conversation": "hi"}, key=key))).events
    assert (alias.event, alias.sender, alias.sender_alt) == ("alias", lid, phone)
    assert (event.sender, event.sender_alt) == (phone, lid)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1700000000, 1700000000), ("1700000000", 1700000000), (1700000000000, 1700000000), (0, None), (-5, None),
     ("soon", None), (None, None), (10**30, None), ({"low": 1700000000, "high": 0, "unsigned": True}, 1700000000)],
)  # fmt: skip
def test_times_are_read_in_every_spelling_and_never_invented(value: object, expected: int | None) -> None:
    found = moment(value)
    assert (None if found is None else int(found.timestamp())) == expected


@given(st.integers(0, 2**63 - 1))
def test_longs_are_what_they_were(value: int) -> None:
    low = value & 0xFFFFFFFF
    signed = low - 2**32 if low >= 2**31 else low
    for spelling in (value, str(value), {"low": signed, "high": value >> 32, "unsigned": False}):
        assert number(spelling) == value


@given(st.binary(min_size=1, max_size=64))
def test_bytes_are_what_they_were(value: bytes) -> None:
    coded = base64.b64encode(value).decode()
    assert data({"type": "Buffer", "data": coded}) == data(coded) == value
    assert data({"type": "Buffer", "data": list(value)}) == data({str(n): b for n, b in enumerate(value)}) == value


WORDS = (
    "key message messages data event id remoteJid update reaction conversation protocolMessage type text imageMessage"
    " contextInfo stanzaId messageStubType messageStubParameters participants subject qrcode mediaKey editedMessage"
)
EVENTS = (
    "messages.upsert messages.update messages.reaction groups.update group-participants.update messaging-history.set"
    " connection.update something.else"
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS.split()), inner, max_size=6),
    max_leaves=25,
)


@settings(max_examples=300)
@given(st.sampled_from(SOURCES), st.sampled_from(EVENTS.split()), JSON)
def test_nothing_breaks_the_reading(source: str, event: str, body: object) -> None:
    for payload in (body, {"event": event, "data": body}, [{event: body}], upsert({"key": body, "message": body})):
        with suppress(Unreadable):
            normalise(source, payload)


def test_evolution_is_baileys_in_an_envelope_without_its_key() -> None:
    body = {"event": "messages.upsert", "instance": "home", "apikey": "SECRET", "data": message({"conversation": "hi"})}
    found = normalise("evolution", body)
    assert [e.text for e in found.events] == ["hi"]
    assert "SECRET" not in json.dumps(found.clean)
    loud = normalise("evolution", {**body, "event": "MESSAGES_UPSERT"})
    assert loud.events == found.events


def test_evolution_may_send_the_file_along() -> None:
    content = {"imageMessage": {"mimetype": "image/png"}, "base64": base64.b64encode(b"bytes").decode()}
    [event] = normalise("evolution", {"event": "messages.upsert", "data": message(content)}).events
    assert event.media is not None
    assert event.media.inline == b"bytes"

"""Every body GOWA publishes gives what a person would make of it."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.whatsapp.live.gateway_samples import Said, beside, invented, messages, read_all, said, samples
from wa_pipeline.whatsapp.events import Unreadable
from wa_pipeline.whatsapp.normalise import normalise

ANN, BEA, LID = "4915510000001@s.whatsapp.net", "4915510000002@s.whatsapp.net", "83190000000001@lid"
GROUP = "120363049876543210@g.us"
SHOWN = "120363402106XXXXX@g.us"
CHAT, FIRST, LAST = "628987654321@s.whatsapp.net", "3EB0C127D7BACC83D6A1", "94D13237B4D7F33EE4A63228BBD79EC0"
ALICE_AND_BOB = "Alice\n+62 812 3456 7890\nBob\n+62 813 9876 5432"
PUBLISHED = {
    "group_participants-gowa-12.json": [Said("participants", SHOWN, subkind="add")],
    "group_participants-gowa-13.json": [Said("participants", SHOWN, subkind="leave")],
    "group_participants-gowa-14.json": [Said("participants", SHOWN, subkind="promote")],
    "group_participants-gowa-15.json": [Said("participants", SHOWN, subkind="demote")],
    "message-gowa-0.json": [Said("skip", text="empty")],
    "message-gowa-1.json": [Said("message", CHAT, FIRST, "Hello, how are you?")],
    "message-gowa-2.json": [Said("message", CHAT, "3EB0C127D7BACC83D6A2", "I'm doing great, thanks!")],
    "message-gowa-24.json": [Said("message", CHAT, "3EB0C127D7BACC83D6A3", None, "image")],
    "message-gowa-26.json": [Said("message", CHAT, "3EB0C127D7BACC83D6A3", "Check this out!", "image")],
    "message-gowa-28.json": [Said("message", CHAT, "3EB0C127D7BACC83D6A5", None, "audio")],
    "message-gowa-30.json": [Said("message", CHAT, "3EB0C127D7BACC83D6A6", "Monthly report", "doc")],
    "message-gowa-32.json": [Said("message", CHAT, "3EB0C127D7BACC83D6A7", None, "video", "ptv")],
    "message-gowa-34.json": [Said("message", CHAT, "A1B2C3D4E5F6789012345678", ALICE_AND_BOB, "other", "contact")],
    "message-gowa-36.json": [Said("message", CHAT, LAST, None, "other", "live_location")],
    "message_deleted-gowa-37.json": [Said("skip", text="deleted for oneself")],
    "message_edited-gowa-39.json": [Said("edit", CHAT, LAST, "Updated message text")],
    "message_reaction-gowa-3.json": [Said("reaction", CHAT, FIRST, "👍")],
    "message_revoked-gowa-38.json": [Said("delete", CHAT, LAST)],
}


@beside
def test_every_published_body_is_read() -> None:
    assert {name: said(normalise("gowa", body)) for name, body in samples("gowa").items()} == PUBLISHED


@beside
def test_the_published_sender_is_known_by_both_addresses() -> None:
    alias, message = normalise("gowa", samples("gowa")["message-gowa-1.json"]).events
    assert (alias.sender, alias.sender_alt) == ("251556368777322@lid", "628123456789@s.whatsapp.net")
    assert (message.sender, message.sender_name) == ("628123456789@s.whatsapp.net", "John Doe")
    assert message.ts == datetime(2023, 10, 15, 10, 30, tzinfo=UTC)


def test_an_invented_group_is_read_as_a_person_would() -> None:
    events = [e for e in read_all("gowa") if e.event != "alias"]
    assert [(e.event, e.target_stanza_id or e.stanza_id, e.kind, e.subkind, e.text or e.name) for e in events] == [
        ("group", None, "text", None, "Night Walks"),
        ("message", "O01", "text", None, "Owls tonight?"),
        ("message", "O02", "text", None, "Yes"),
        ("message", "O03", "image", None, "there it is"),
        ("message", "O04", "video", None, None),
        ("message", "O05", "audio", None, None),
        ("message", "O06", "image", "sticker", None),
        ("message", "O07", "doc", None, "the route"),
        ("message", "O08", "video", "ptv", None),
        ("message", "O09", "other", "contact", "Ranger\n+49 30 99"),
        ("message", "O10", "other", "location", "Clearing\nNorth path"),
        ("message", "O11", "other", "list", "What to bring\nChoose one\nChoose"),
        ("message", "O12", "other", "order", "Torches\ntwo of them"),
        ("message", "O13", "other", "poll", "Which night?\nFriday\nSaturday"),
        ("message", "O14", "other", "unknown", None),
        ("edit", "O01", "text", None, "Owls tomorrow?"),
        ("delete", "O04", "text", None, None),
        ("reaction", "O01", "text", None, "🦉"),
    ]
    assert {e.chat_id for e in events} == {GROUP}


def test_what_is_skipped_is_counted_by_name() -> None:
    skips = [skip.reason for body in invented("gowa") for skip in normalise("gowa", body).skips]
    assert skips == ["deleted for oneself", "receipt"]


def test_who_speaks_and_what_is_answered() -> None:
    rows = messages("gowa")
    assert (rows["O01"].sender, rows["O01"].sender_alt) == (BEA, LID)
    assert (rows["O02"].sender, rows["O02"].from_me) == (ANN, True)
    quoted = rows["O02"].quoted
    assert quoted is not None
    assert (quoted.stanza_id, quoted.text) == ("O01", "Owls tonight?")
    assert (rows["O04"].flags, rows["O05"].flags) == (("view_once",), ("forwarded",))


def test_a_file_lies_on_the_gateway_or_the_gateway_is_asked_for_it() -> None:
    rows = messages("gowa")
    files = {stanza: (event.media.mime, event.media.fetch) for stanza, event in rows.items() if event.media}
    assert files == {
        "O03": ("image/jpeg", {"url": "statics/media/1-owl.jpeg"}),
        "O04": ("video/mp4", {"url": "statics/media/2-owl.mp4"}),
        "O05": ("audio/ogg", {"url": "statics/media/3-hoot.ogg"}),
        "O06": ("image/webp", {"url": "statics/media/4-moon.webp"}),
        "O07": ("application/pdf", {"resend": "yes"}),
        "O08": ("video/mp4", {"url": "statics/media/5-note.mp4"}),
    }


def test_no_secret_is_in_an_event_or_in_what_is_kept() -> None:
    for body in invented("gowa"):
        found = normalise("gowa", body)
        kept = found.clean if found.clean is not None else body
        assert "SECRET" not in repr(found.events) + json.dumps(kept)
        assert normalise("gowa", kept).events == found.events
        assert normalise("gowa", kept).clean is None


@pytest.mark.parametrize("written", ["yesterday", "0001-01-01T00:00:00Z", "2024-11-07T18:00:00", "-5", -5, None, {}])
def test_a_time_that_is_none_is_not_invented(written: object) -> None:
    body = {
        "event": "message",
        "payload": {"id": "X", "chat_id": GROUP, "from": BEA, "timestamp": written, "body": "hi"},
    }
    [event] = normalise("gowa", body).events
    assert event.ts is None


@pytest.mark.parametrize("body", [None, [], {}, {"event": None, "payload": {}}])
def test_a_body_without_an_event_is_unreadable(body: object) -> None:
    with pytest.raises(Unreadable):
        normalise("gowa", body)


NAMES = sorted({body["event"] for body in invented("gowa")})
KEYS = "id chat_id from from_lid timestamp body image video audio document url path caption filename contact type"
INNER = " contacts_array location list poll options vcard replied_to_id reaction reacted_message_id jids"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("1@g.us"),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from((KEYS + INNER).split()), inner, max_size=6)
    ),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(NAMES), JSON)
def test_nothing_breaks_the_reading(name: str, payload: object) -> None:
    for body in ({"event": name, "payload": payload}, payload):
        with suppress(Unreadable):
            normalise("gowa", body)

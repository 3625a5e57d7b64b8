"""Every body WAHA publishes gives what a person would make of it, whichever engine stands behind it."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.whatsapp.live.gateway_samples import Said, beside, invented, messages, read_all, said, samples
from wa_pipeline.whatsapp.events import Unreadable
from wa_pipeline.whatsapp.normalise import event_id, normalise
from wa_pipeline.whatsapp.waha_content import read_id

ANN, BEA, LID = "4915510000001@s.whatsapp.net", "4915510000002@s.whatsapp.net", "83190000000001@lid"
GROUP = "120363041234567890@g.us"
PERSON, A32 = "11111111111@s.whatsapp.net", "A" * 32

RECEIPT, EMPTY, VOTE = Said("skip", text="receipt"), Said("skip", text="empty"), Said("skip", text="poll vote")
THANKS = Said("reaction", "79111111@s.whatsapp.net", "1" * 32, "🙏")
PUBLISHED = {
    "engine_event-events-24.json": [Said("skip", text="engine event")],
    "group_v2_join-groups-0.json": [Said("group", "1231231232@g.us", text="Work Group")],
    "group_v2_leave-groups-0.json": [Said("participants", "1231231232@g.us", subkind="leave")],
    "group_v2_participants-groups-0.json": [Said("participants", "123456789@g.us", subkind="add")],
    "group_v2_update-groups-0.json": [Said("group", "1231231232@g.us", text="New Work Group Name")],
    "message-receive-messages-1.json": [Said("message", PERSON, A32, "Yes!")],
    "message-receive-messages-8.json": [
        Said("message", PERSON, A32, "Check this out (caption for the media)!", "image")
    ],
    "message-receive-messages-9.json": [Said("message", PERSON, A32, None, "doc")],
    "message_ack-events-13.json": [RECEIPT],
    "message_ack-events-14.json": [RECEIPT],
    "message_ack-receive-messages-5.json": [RECEIPT],
    "message_any-receive-messages-3.json": [EMPTY],
    "message_reaction-events-12.json": [THANKS],
    "message_reaction-receive-messages-4.json": [THANKS],
    # Its ids are placeholders, so it says of no message that it is gone.
    "message_revoked-receive-messages-7.json": [Said("skip", text="no key")],
    "poll_vote-events-18.json": [VOTE],
    "poll_vote-polls-3.json": [VOTE],
    "poll_vote-polls-4.json": [VOTE],
    "poll_vote_failed-events-19.json": [VOTE],
    "poll_vote_failed-polls-5.json": [VOTE],
    "session_status-events-7.json": [Said("session", text="connected")],
}


@beside
def test_every_published_body_is_read() -> None:
    assert {name: said(normalise("waha", body)) for name, body in samples("waha").items()} == PUBLISHED


@beside
def test_a_published_answer_names_what_it_answers() -> None:
    [event] = normalise("waha", samples("waha")["message-receive-messages-1.json"]).events
    assert event.quoted is not None
    assert (event.quoted.stanza_id, event.quoted.text) == ("A" * 19, "Check this out!")


@beside
def test_a_published_session_says_whose_it_is() -> None:
    [event] = normalise("waha", samples("waha")["session_status-events-7.json"]).events
    assert event.raw == {"number": "7911111", "name": "~"}
    assert event.ts == datetime(2023, 11, 14, 22, 13, 23, tzinfo=UTC)


@beside
def test_every_event_the_document_names_is_read_or_counted() -> None:
    from tests.whatsapp.live.gateway_samples import SHARED

    document = json.loads((SHARED / "waha" / "openapi.json").read_text(encoding="utf-8"))
    names = document["components"]["schemas"]["WAHAWebhookMessage"]["properties"]["event"]["enum"]
    assert len(names) == 30
    for name in names:
        [skip] = normalise("waha", {"event": name, "payload": {}}).skips
        assert skip.reason


@pytest.mark.parametrize(
    ("written", "chat", "stanza", "mine", "participant"),
    [
        ("true_111@c.us_AAA", "111@s.whatsapp.net", "AAA", True, None),
        ("false_1-2@g.us_AAA_99@lid", "1-2@g.us", "AAA", False, "99@lid"),
        ("false_1@g.us_AAA_111:7@c.us", "1@g.us", "AAA", False, "111@s.whatsapp.net"),
        ("false_99@lid_AAA", "99@lid", "AAA", False, None),
        ("false_status@broadcast_AAA_111@c.us", "status@broadcast", "AAA", False, "111@s.whatsapp.net"),
        ("A06CA7BB5DD8C8F705628CDB7E3A33C9", None, "A06CA7BB5DD8C8F705628CDB7E3A33C9", None, None),
    ],
)
def test_an_id_says_chat_stanza_and_sender(
    written: str, chat: str | None, stanza: str, mine: bool | None, participant: str | None
) -> None:
    found = read_id(written)
    assert found == (chat, stanza, mine, participant)
    assert read_id({"_serialized": written}) == found


@pytest.mark.parametrize("written", [None, "", 7, "true_111@c.us_", "a b", {"_serialized": 1}])
def test_what_is_no_id_names_no_message(written: object) -> None:
    assert read_id(written) is None


def test_an_invented_group_is_read_as_a_person_would() -> None:
    found = [(e.event, e.target_stanza_id or e.stanza_id, e.kind, e.subkind, e.text or e.name) for e in told()]
    assert found == [
        ("group", None, "text", None, "Beekeepers"),
        ("message", "W01", "text", None, "The hive is humming"),
        ("message", "W02", "text", None, "Lovely"),
        ("message", "W03", "image", None, "look"),
        ("message", "W04", "audio", "voice", None),
        ("message", "W05", "image", "sticker", None),
        ("message", "W06", "other", "location", "Apiary\nHeath Road 1"),
        ("message", "W07", "other", "contact", "Honey Shop\n+49 30 1234"),
        ("message", "W08", "other", "poll", "When to harvest?\nSaturday\nSunday"),
        ("undecryptable", "W09", "other", "undecryptable", None),
        ("edit", "W01", "text", None, "The hive is humming loudly"),
        ("delete", "W02", "text", None, None),
        ("reaction", "W01", "text", None, "🍯"),
        ("group", None, "text", None, "Beekeepers of the Heath"),
        ("participants", None, "text", "promote", None),
        ("message", "W13", "text", None, "straight from the engine"),
        ("session", None, "text", None, None),
    ]
    assert {e.chat_id for e in told() if e.event != "session"} == {GROUP}


def told() -> list[Any]:
    return [event for event in read_all("waha") if event.event != "alias"]


def test_who_speaks_is_the_phone_number_where_the_engine_tells_both() -> None:
    rows = messages("waha")
    assert (rows["W02"].sender, rows["W02"].from_me) == (ANN, True)
    for stanza in ("W03", "W04"):
        assert (rows[stanza].sender, rows[stanza].sender_alt, rows[stanza].sender_name) == (BEA, LID, "Bea")
    aliases = {(e.sender, e.sender_alt) for e in read_all("waha") if e.event == "alias"}
    assert aliases == {(LID, BEA)}


def test_a_file_is_fetched_from_the_gateway_and_known_by_its_hash() -> None:
    rows = messages("waha")
    expected = {"W03": ("11", 4711, "W03.jpeg"), "W04": ("21", 999, "W04.oga"), "W05": ("31", 120, "W05.webp")}
    for stanza, (byte, size, name) in expected.items():
        media = rows[stanza].media
        assert media is not None
        assert (media.sha256, media.size) == (byte * 32, size)
        assert media.fetch == {"url": f"http://localhost:3000/api/files/default/{name}"}
    assert rows["W05"].flags == ("forwarded",)


def test_answers_name_their_message_in_every_engine() -> None:
    rows = messages("waha")
    quoted = {stanza: event.quoted.stanza_id for stanza, event in rows.items() if event.quoted}
    assert quoted == {"W02": "W01", "W03": "W01", "W04": "W03"}


def test_coordinates_are_numbers_however_they_are_written() -> None:
    assert messages("waha")["W06"].raw == {"latitude": 52.5, "longitude": 13.4}


def test_two_reactions_of_one_second_are_told_apart() -> None:
    [reaction] = [e for e in told() if e.event == "reaction"]
    assert (reaction.sender, reaction.ts) == (BEA, datetime(2024, 11, 7, 17, 20, 12, 250_000, tzinfo=UTC))


def test_no_secret_is_in_an_event_or_in_what_is_kept() -> None:
    for body in invented("waha"):
        found = normalise("waha", body)
        shown = repr(found.events) + json.dumps(found.clean if found.clean is not None else body)
        for secret in ("SECRET", "/9j/THUMB", "S0VZ", "RU5D", "a2tra2tra2", "Z2dnZ2dn", "/api/files/"):
            assert secret not in shown
        kept = normalise("waha", found.clean if found.clean is not None else body)
        assert [(e.event, e.stanza_id, e.kind, e.text, e.quoted) for e in kept.events] == [
            (e.event, e.stanza_id, e.kind, e.text, e.quoted) for e in found.events
        ]
        assert kept.clean is None


def test_its_own_id_tells_one_delivery_from_the_next() -> None:
    ids = [event_id("waha", body) for body in invented("waha")]
    assert None not in ids
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("body", [None, [], {}, {"event": 1}])
def test_a_body_without_an_event_is_unreadable(body: object) -> None:
    with pytest.raises(Unreadable):
        normalise("waha", body)


NAMES = sorted({body["event"] for body in invented("waha")})
KEYS = (
    "id timestamp from to fromMe participant body media url mimetype location vCards replyTo _data key message Message"
)
INNER = (
    " Info group subject participants reaction messageId after before revokedMessageId editedMessageId status statuses"
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("false_1@g.us_A_2@lid"),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from((KEYS + INNER).split()), inner, max_size=6)
    ),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(NAMES), JSON)
def test_nothing_breaks_the_reading(name: str, payload: object) -> None:
    for body in ({"event": name, "payload": payload, "me": payload}, payload):
        with suppress(Unreadable):
            normalise("waha", body)

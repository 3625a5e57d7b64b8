"""The history that lies deflated in a notification is read like the one a library emits."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import pytest

from tests.whatsapp.live.history_bytes import conversation, field, history, key, message
from wa_pipeline.whatsapp import history as reading
from wa_pipeline.whatsapp.events import Event, Normalised
from wa_pipeline.whatsapp.normalise import normalise

GROUP, ANN, ANN_LID = "120363@g.us", "447700900001@s.whatsapp.net", "77@lid"
SECOND = 1731000000
KEY, SHA = bytes(range(32)), bytes(range(32, 64))


def notified(packed: Any) -> dict[str, Any]:
    """The message by which a phone tells of a history."""
    inner = {"type": 5, "historySyncNotification": {"syncType": 0, "initialHistBootstrapInlinePayload": packed}}
    info = {"key": {"remoteJid": ANN, "fromMe": True, "id": "N"}, "message": {"protocolMessage": inner}}
    return {"event": "messages.upsert", "data": {"type": "notify", "messages": [info]}}


def read(packed: bytes) -> Normalised:
    return normalise("baileys", notified(base64.b64encode(packed).decode()))


def messages(found: Normalised) -> dict[str | None, Event]:
    return {event.stanza_id: event for event in found.events if event.event == "message"}


def picture() -> bytes:
    parts = (
        (1, "https://mmg.whatsapp.net/x"),
        (2, "image/jpeg"),
        (3, "the boat"),
        (4, SHA),
        (5, 1234),
        (6, 480),
        (7, 640),
    )
    return b"".join(field(number, value) for number, value in (*parts, (8, KEY), (11, "/v/t62?a=b")))


def reply(text: str, to: str) -> bytes:
    return field(6, field(1, text) + field(17, field(1, to) + field(2, ANN) + field(3, field(1, "hello"))))


WHOLE = history(
    conversation(
        GROUP,
        message("C", reply("fine, thanks", "A"), at=SECOND + 20, sender=ANN),
        message("P", field(3, picture()), at=SECOND + 10, sender=ANN_LID),
        message(
            "A", field(1, "hello"), at=SECOND, sender=ANN, more=field(41, field(1, key("R", ANN)) + field(2, "👍"))
        ),
        name="Rowing Club",
    ),
    more=field(7, field(1, ANN) + field(2, "Ann")) + field(15, field(1, ANN) + field(2, ANN_LID)),
)


def test_messages_names_reactions_and_aliases_come_out_of_it() -> None:
    found = read(WHOLE)
    told = messages(found)
    assert list(told) == ["C", "P", "A"]
    assert [told[name].text for name in ("A", "P", "C")] == ["hello", "the boat", "fine, thanks"]
    assert {event.chat_id for event in told.values()} == {GROUP}
    assert (told["A"].sender, told["A"].sender_name) == (ANN, "Ann")
    assert told["C"].quoted is not None
    assert (told["C"].quoted.stanza_id, told["C"].quoted.text) == ("A", "hello")
    assert told["A"].ts is not None
    assert int(told["A"].ts.timestamp()) == SECOND
    media = told["P"].media
    assert media is not None
    assert (media.sha256, media.size, media.width, media.height) == (SHA.hex(), 1234, 640, 480)
    assert media.fetch is not None
    assert (media.fetch["media_key"], media.fetch["direct_path"]) == (base64.b64encode(KEY).decode(), "/v/t62?a=b")
    others = {(event.event, event.name or event.text or event.sender_alt) for event in found.events} - {
        ("message", event.text) for event in told.values()
    }
    assert others == {("reaction", "👍"), ("group", "Rowing Club"), ("alias", ANN)}


@pytest.mark.parametrize("spelling", ["buffer", "array", "keys"])
def test_it_may_be_spelled_like_any_bytes(spelling: str) -> None:
    spelled: dict[str, Any] = {
        "buffer": {"type": "Buffer", "data": base64.b64encode(WHOLE).decode()},
        "array": {"type": "Buffer", "data": list(WHOLE)},
        "keys": {str(place): byte for place, byte in enumerate(WHOLE)},
    }
    assert len(messages(normalise("baileys", notified(spelled[spelling])))) == 3


def test_what_is_kept_holds_no_keys_and_says_the_same_again() -> None:
    found = read(WHOLE)
    kept = str(found.clean)
    assert base64.b64encode(KEY).decode() not in kept
    assert "mmg.whatsapp.net" not in kept
    again = normalise("baileys", found.clean)
    assert again.clean is None
    plain = {name: (event.text, event.ts, event.quoted, event.sender_name) for name, event in messages(found).items()}
    assert plain == {
        name: (event.text, event.ts, event.quoted, event.sender_name) for name, event in messages(again).items()
    }


def test_a_kind_there_is_no_reader_for_is_a_message_all_the_same() -> None:
    invited = message("G", field(28, field(4, "Garden") + field(6, "come in")), at=SECOND, sender=ANN)
    unheard = message("U", field(900, field(1, "?")), at=SECOND, sender=ANN)
    told = messages(read(history(conversation(GROUP, invited, unheard))))
    assert (told["G"].subkind, told["G"].text) == ("group_invite", "Garden\ncome in")
    assert (told["U"].kind, told["U"].subkind) == ("other", "future")


@pytest.mark.parametrize(
    "packed",
    [b"nothing deflated", zlib.compress(b"\xff\xff no history"), WHOLE[:-20], history(b"\xff")],
)
def test_what_is_no_history_is_counted_and_gone(packed: bytes) -> None:
    found = read(packed)
    assert [(skip.reason, skip.times) for skip in found.skips] == [("history that cannot be read", 1)]
    assert found.events == []
    assert "Payload" not in str(found.clean)


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST", 1 << 20)
    found = read(zlib.compress(bytes(64 << 20), 9))
    assert [skip.reason for skip in found.skips] == ["history too large"]


def test_a_notification_that_only_tells_of_a_file_is_counted() -> None:
    found = normalise("baileys", notified(None))
    assert [skip.reason for skip in found.skips] == ["history notification"]


@pytest.mark.parametrize("unfit", [b"\0", b"\xed\xa0\xbd", b"\xff"])
def test_what_no_database_can_hold_is_replaced_and_stops_nothing(unfit: bytes) -> None:
    bad = message("A", field(1, b"a" + unfit + b"b"), at=SECOND, sender=ANN)
    told = messages(read(history(conversation(GROUP, bad, message("B", field(1, "fine"), at=SECOND, sender=ANN)))))
    assert told["B"].text == "fine"
    text = told["A"].text
    assert text is not None
    assert (text[0], text[-1], set(text[1:-1])) == ("a", "b", {"\N{REPLACEMENT CHARACTER}"})

"""The same message has the same id in every export of its chat, and equal messages stay as many as they are."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from wa_pipeline.whatsapp.exports import DELETED, OMITTED, SYSTEM, ExportMessage
from wa_pipeline.whatsapp.identity import (
    ExportIds,
    chat_key,
    export_chat_id,
    normalise_sender,
    normalise_text,
)


def message(
    minute: int, sender: str | None, text: str | None, attachment: str | None = None, flags: int = 0, second: int = 0
) -> ExportMessage:
    return ExportMessage(0, minute * 60 + second, minute, sender, text, "text", None, attachment, flags)


def ids(*messages: ExportMessage) -> list[str]:
    return ExportIds("Club").assign_all(messages)


CHATS = st.lists(
    st.builds(
        message,
        st.integers(100, 106),
        st.sampled_from(["Ann", "Bob", None]),
        st.sampled_from(["ok", "no", "שלום", None]),
    ),
    max_size=40,
)


@settings(max_examples=200, deadline=None)
@given(CHATS)
def test_the_same_export_twice_gives_the_same_ids(chat: list[ExportMessage]) -> None:
    assert ids(*chat) == ids(*chat)
    assert len(set(ids(*chat))) == len(chat), "no two messages of an export share an id, in whatever order they come"


@settings(max_examples=200, deadline=None)
@given(CHATS, st.data())
def test_overlapping_exports_merge_to_the_larger_count(chat: list[ExportMessage], data: st.DataObject) -> None:
    chat.sort(key=lambda one: one.minute)
    minutes = sorted({one.minute for one in chat})
    cut = data.draw(st.sampled_from(minutes)) if minutes else 0
    early, late = [m for m in chat if m.minute <= cut], [m for m in chat if m.minute >= cut]
    assert set(ids(*early)) | set(ids(*late)) == set(ids(*chat))


@settings(max_examples=100, deadline=None)
@given(CHATS)
def test_numbers_count_up_from_zero(chat: list[ExportMessage]) -> None:
    groups: dict[str, list[int]] = {}
    for one in ids(*chat):
        base, _, n = one.rpartition("|")
        groups.setdefault(base, []).append(int(n))
    assert all(numbers == list(range(len(numbers))) for numbers in groups.values())
    assert Counter(len(numbers) for numbers in groups.values()) == Counter(
        Counter((m.minute, m.sender, m.text) for m in chat).values()
    )


def test_four_people_saying_ok_in_one_minute_remain_four() -> None:
    assert len(set(ids(*[message(5, "Ann", "ok")] * 4))) == 4


def test_seconds_do_not_matter() -> None:
    assert ids(message(5, "Ann", "hi", second=42)) == ids(message(5, "Ann", "hi"))


def test_how_a_platform_writes_a_message_does_not_matter() -> None:
    assert ids(message(5, "Ann", "e\u0301\u200e  b\nc ")) == ids(message(5, "Ann", "é b c"))
    assert ids(message(5, "+49 170 123-4567", "x")) == ids(message(5, "+491701234567", "x"))
    assert ids(message(5, "Ann", None, "00000012-PHOTO-1.jpg")) == ids(message(5, "Ann", None, "00000099-PHOTO-1.jpg"))
    assert ids(message(5, "Ann", "You deleted this message", flags=DELETED)) == ids(
        message(5, "Ann", "This message was deleted", flags=DELETED)
    )
    assert ids(message(5, None, "x", flags=SYSTEM)) == ids(message(5, "", "x"))


def test_what_differs_stays_apart() -> None:
    base = message(5, "Ann", "hi")
    others = [
        message(6, "Ann", "hi"), message(5, "Bob", "hi"), message(5, "Ann", "Hi"), message(5, "Ann", "hi", "a.jpg"),
        message(5, "Ann", "hi", flags=OMITTED),
    ]  # fmt: skip
    assert len({one for m in [base, *others] for one in ids(m)}) == 6


def test_the_form_of_an_id() -> None:
    kind, key, digest, n = ids(message(5, "Ann", "hi"))[0].split("|")
    assert (kind, key, len(digest), n) == ("exp", "Club", 24, "0")


def test_chat_keys_and_chat_ids() -> None:
    assert chat_key("\u200eOur  Club\u00a0") == "Our Club"
    assert export_chat_id("Our Club") == export_chat_id("Our  Club\u200f")
    assert export_chat_id("Our Club").startswith("export:")
    assert len(export_chat_id("x")) == 7 + 16


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_normalising_twice_is_normalising_once(text: str) -> None:
    assert normalise_text(normalise_text(text)) == normalise_text(text)
    assert normalise_sender(normalise_sender(text)) == normalise_sender(text)

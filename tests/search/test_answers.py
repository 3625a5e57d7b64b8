"""Whatever ILIKE finds by looking at every row, the search finds, in every script, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.search.conftest import Archive, Steps, Way
from wa_pipeline.archive.search import BadQuery, SearchQuery

TEXTS = [
    "Meet at the boathouse at nine", "MEET me", "the Straße is wet", "STRASSE", "100% sure", "100 percent",
    "snake_case", "snakeXcase", r"C:\temp\new", "C:/temp/new", "נפגשים בשבת בבוקר", "שבת שלום", "السلام عليكم",
    "سلام", "我們在北京見面", "北海道", "京都", "東京タワー", "🎉🎉 done", "👩‍👩‍👧 came", "👍🏽", "❤️", "❤", "İstanbul",
    "istanbul", "ISTANBUL", "ısparta", "ΟΔΟΣ", "οδος", "οδός", "Ærø", "ærø", "naïve", "naïve", "a b", "ab", "zz top",
    "", "line one\nline two", "tab\there", "K is Kelvin", "ſ is s", "'; drop table messages; --", "%", "_", "\\",
]  # fmt: skip
TERMS = [
    "meet", "MEET", "nine", "at", "e", "straße", "STRASSE", "100%", "%", "_", "e_c", "\\", "\\t", r"C:\temp", "שבת",
    "בת", "ב", "שלום", "سلام", "لا", "北京", "京", "東京タ", "海道", "🎉", "🎉🎉", "👩", "👩‍👩‍👧", "🏽", "❤", "❤️", "️",
    "İ", "i", "istanbul", "İSTANBUL", "ı", "οδος", "ΟΔΟΣ", "ς", "Σ", "æ", "naïve", "ï", "\u0307", "a b", " ", "zz",
    "zz t", "one\nline", "\t", "k", "K", "s", "ſ", "'", "--", "drop table", "no such words", "qq", "鑿", "🦕", "צצצץ",
]  # fmt: skip


@pytest.mark.parametrize("way", ["walk", "stretch", "rest"])
@pytest.mark.parametrize("first", [1, 2, 60, 1_000])
def test_every_term_in_every_field_as_by_looking_at_all(
    archive: Archive, set_steps: Steps, first: int, way: Way
) -> None:
    set_steps(first, way)
    for number, text in enumerate(TEXTS):
        archive.say(text)
        archive.say(ocr=text, kind="image")
        archive.say("meet" if number % 5 else None, asr=text, kind="audio")
        archive.say(TEXTS[-number], ocr=text, asr=TEXTS[number // 2], kind="video")
    for term in TERMS:
        found = archive.find(term, limit=500)
        fields = {item.id: item.match.field for item in found if item.match}
        assert list(fields.items()) == list(archive.look_at_all(term).items()), term
        assert len(fields) == len(found), f"a hit for {term!r} does not say where it was found"


def test_terms_without_case_are_found_as_plain_python_finds_them(archive: Archive) -> None:
    rows = {archive.say(text): text for text in TEXTS}
    for term in ("שבת", "בת", "سلام", "北京", "京", "🎉", "❤", "👩‍👩‍👧", "🏽", "100%", "_", "\\", " ", "鑿"):
        assert {item.id for item in archive.find(term)} == {key for key, text in rows.items() if term in text}, term


def test_one_message_is_one_hit_however_often_it_holds_the_term(archive: Archive, short_steps: Way) -> None:
    key = archive.say("tomato, Tomato", ocr="TOMATO", asr="a tomato")
    for _ in range(9):
        archive.say("bread")
    assert [item.id for item in archive.find("tomato")] == [key]


def test_the_same_picture_in_two_messages_is_two_hits(archive: Archive, short_steps: Way) -> None:
    picture = archive.picture(ocr="Timetable of the ferry")
    old = archive.say(media=picture, chat="a@g.us", kind="image")
    for _ in range(9):
        archive.say("bread")
    new = archive.say("see here", media=picture, chat="b@g.us", kind="image")
    found = archive.find("ferry")
    assert [item.id for item in found] == [new, old]
    assert [item.media.id for item in found if item.media] == [picture, picture]


def test_an_item_carries_the_whole_row_its_group_and_its_media(archive: Archive) -> None:
    archive.say("look", ocr="a ferry", group="Rowing", chat="rowing@g.us", sender="bob", kind="image")
    (item,) = archive.find("ferry")
    assert (item.text, item.chat_id, item.sender, item.kind, item.parent_id) == (
        "look", "rowing@g.us", "bob", "image", None,
    )  # fmt: skip
    assert item.group is not None
    assert item.group.name == "Rowing"
    assert item.media is not None
    assert (item.media.mime, item.media.width, item.media.height, item.media.ocr_text, item.media.asr_text) == (
        "image/jpeg", 4, 3, "a ferry", None,
    )  # fmt: skip


def test_without_a_term_everything_is_listed_and_nothing_is_matched(archive: Archive) -> None:
    keys = [archive.say(text) for text in ("one", "two", None)]
    for nothing in (None, ""):
        found = archive.find(nothing)
        assert [item.id for item in found] == keys[::-1]
        assert [item.match for item in found] == [None] * 3


@pytest.mark.parametrize("field", ["q", "chat_id", "sender", "kind"])
@pytest.mark.parametrize(("value", "reason"), [("a\x00b", "a NUL character"), ("a\ud83d", "not valid Unicode")])
def test_what_postgres_cannot_be_asked_is_refused_in_one_sentence(
    archive: Archive, field: str, value: str, reason: str
) -> None:
    with pytest.raises(BadQuery, match=reason):
        archive.find(**{"term" if field == "q" else field: value})


@pytest.mark.parametrize("limit", [0, -1, 501])
def test_a_limit_outside_its_range_is_refused(archive: Archive, limit: int) -> None:
    with pytest.raises(BadQuery, match="limit must be between 1 and 500"):
        archive.find("a", limit=limit)


SIGNS = "aAbB zİıßẞſKσςΣ\u0307ïשבت京都🎉❤\ufe0f%_\\\n.1"
words = st.text(SIGNS, max_size=6)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(words | st.none(), words | st.none(), words | st.none()), max_size=12),
    terms=st.lists(st.text(SIGNS, min_size=1, max_size=4), min_size=1, max_size=6),
    by_index=st.booleans(),
)
def test_any_archive_any_term(
    archive: Archive,
    short_steps: Way,
    rows: list[tuple[str | None, str | None, str | None]],
    terms: list[str],
    by_index: bool,
) -> None:
    archive.clear()
    archive.conn.execute(f"set local enable_seqscan = {'off' if by_index else 'on'}".encode())
    for text, ocr, asr in rows:
        archive.say(text, ocr=ocr, asr=asr)
    for term in terms:
        found = archive.find_all(SearchQuery(term, limit=3))
        assert [(item.id, item.match and item.match.field) for item in found] == list(archive.look_at_all(term).items())

"""A hit says in which field it was found, and shows the words around it."""

from __future__ import annotations

import pytest
from psycopg.types.json import Jsonb

from tests.search.conftest import Archive
from wa_pipeline.archive.search import Match
from wa_pipeline.archive.snippet import MARGIN, snippet


def only_match(archive: Archive, term: str) -> Match:
    (item,) = archive.find(term)
    assert item.match is not None
    return item.match


def test_a_short_text_is_shown_whole(archive: Archive) -> None:
    archive.say("Meet at the boathouse")
    assert only_match(archive, "BOAT") == Match("text", "Meet at the boathouse", ((12, 16),))


def test_a_long_text_is_cut_at_spaces_and_marked(archive: Archive) -> None:
    archive.say(f"{'before ' * 200}the boathouse {'after ' * 200}")
    shown = only_match(archive, "boathouse").snippet
    assert shown.startswith("…before")
    assert shown.endswith("after…")
    assert "the boathouse after" in shown
    assert len(shown) <= len("boathouse") + 2 * MARGIN + 2


def test_a_text_without_spaces_is_cut_all_the_same(archive: Archive) -> None:
    archive.say("我" * 500 + "北京" + "們" * 500)
    shown = only_match(archive, "北京").snippet
    assert shown == "…" + "我" * MARGIN + "北京" + "們" * MARGIN + "…"


def test_lines_become_one(archive: Archive) -> None:
    archive.say("bread\nand\n\ttomatoes")
    assert only_match(archive, "tomato").snippet == "bread and tomatoes"


def test_the_first_field_that_holds_the_term_is_named(archive: Archive) -> None:
    archive.say("see this", ocr="Invoice 17", asr="invoice")
    assert only_match(archive, "invoice") == Match("ocr_text", "Invoice 17", ((0, 7),))
    archive.say("nothing", asr="the word parsnip")
    assert only_match(archive, "parsnip") == Match("asr_text", "the word parsnip", ((9, 16),))


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("Die Straße", "STRAßE"),
        ("İstanbul", "İ"),
        ("ΟΔΟΣ", "οδοσ"),
        ("273 K", "k"),
        ("ÆRØ", "ærø"),
        ("Ǆ", "ǆ"),
        ("ẞ", "ß"),
    ],
)
def test_a_hit_that_only_postgres_folds_is_placed_too(archive: Archive, text: str, term: str) -> None:
    archive.say("x " * 300 + text + " y" * 300)
    found = archive.find(term)
    assert len(found) == len(archive.look_at_all(term))
    for item in found:
        assert item.match is not None
        assert text in item.match.snippet


def test_signs_of_patterns_are_placed_as_themselves(archive: Archive) -> None:
    archive.say("x " * 100 + r"100%_\ sure" + " y" * 100)
    assert r"100%_\ sure" in only_match(archive, r"%_" + "\\").snippet


def test_the_cut_never_takes_the_term_away() -> None:
    text = "word " * 100
    for start in range(0, 400, 7):
        for length in (1, 4, 90):
            shown = snippet(text, start, start + length)
            assert " ".join(text[start : start + length].split()) in shown


def test_words_in_a_voice_note_say_when_they_were_said(archive: Archive) -> None:
    said = [(0.0, 3.2, "I looked for it everywhere"), (7.04, 9.5, "behind the wheelbarrow"), (12.0, 13.0, "goodbye")]
    note = archive.picture(asr="\n".join(words for _, _, words in said))
    segments = [{"start": start, "end": end, "text": words} for start, end, words in said]
    archive.conn.execute(
        "insert into public.media_enrichment (media_id, step, state, segments) values (%s, 'asr', 'done', %s)",
        (note, Jsonb(segments)),
    )
    archive.say(media=note, kind="audio")
    assert only_match(archive, "wheelbarrow").at_s == 7.04
    assert only_match(archive, "GOODBYE").at_s == 12.0
    assert only_match(archive, "looked").at_s == 0.0


def test_words_of_a_text_have_no_second(archive: Archive) -> None:
    archive.say("the wheelbarrow")
    assert only_match(archive, "wheelbarrow").at_s is None

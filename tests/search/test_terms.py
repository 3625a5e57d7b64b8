"""What is typed means what docs/search.md says: substrings, phrases, exclusions, words, mistyped words."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.search.conftest import Archive, Way
from tests.search.mistyped import one_letter_away
from wa_pipeline.archive.search import BadQuery, SearchQuery, search
from wa_pipeline.archive.search_terms import Piece, Terms, parse


@pytest.mark.parametrize(
    ("typed", "pieces", "without"),
    [
        ("boat house", ["boat house"], []),
        (" boat ", [" boat "], []),
        ('"boat house" ferry', ["boat house", "ferry"], []),
        ('late ferry "at nine" again', ["late ferry", "at nine", "again"], []),
        ("ferry -rain", ["ferry"], ["rain"]),
        ('ferry -"at nine" -x', ["ferry"], ["at nine", "x"]),
        ("-rain", ["-rain"], []),
        ('-"at nine"', ['-"at nine"'], []),
        ('say "hi"!', ['say "hi"!'], []),
        ('"', ['"'], []),
        ("--", ["--"], []),
        ("a - b", ["a - b"], []),
        ("well-known", ["well-known"], []),
        ("東京 -京都", ["東京"], ["京都"]),
        (" ", [" "], []),
    ],
)
def test_what_is_typed_is_taken_apart(typed: str, pieces: list[str], without: list[str]) -> None:
    assert parse(typed) == Terms(tuple(Piece(text) for text in pieces), tuple(without))


def test_words_one_by_one() -> None:
    assert parse("late ferry", "words") == Terms((Piece("late"), Piece("ferry")))
    assert parse('late "at nine" -rain', "words") == Terms((Piece("late"), Piece("at nine")), ("rain",))


def test_too_many_words_are_refused_in_one_sentence(archive: Archive) -> None:
    with pytest.raises(BadQuery, match="more than 20 words"):
        archive.find("w " * 21, mode="words")


@pytest.mark.parametrize("term", ["a\x1fb", "\x1f"])
def test_a_term_cannot_reach_across_fields(archive: Archive, term: str) -> None:
    archive.say("a", ocr="b")
    with pytest.raises(BadQuery, match="unit separator"):
        archive.find(term)
    assert archive.find("ab") == []


def test_phrases_and_words_may_stand_in_different_fields_of_one_message(archive: Archive, short_steps: Way) -> None:
    both = archive.say("the ferry", ocr="Timetable, at nine")
    archive.say("the ferry")
    for _ in range(9):
        archive.say("bread")
    assert [item.id for item in archive.find('ferry "at nine"')] == [both]
    assert [item.id for item in archive.find("nine ferry", mode="words")] == [both]
    assert archive.find("nine ferry") == []


def test_an_exclusion_looks_at_every_field(archive: Archive, short_steps: Way) -> None:
    archive.say("ferry", ocr="in the RAIN")
    archive.say("ferry", asr="rainy")
    key = archive.say("ferry", ocr="in the sun")
    for _ in range(9):
        archive.say("bread")
    assert [item.id for item in archive.find("ferry -rain")] == [key]


@pytest.mark.parametrize(
    "typed",
    [
        "boathouze", "boathose", "boathoouse", "oathouse", "BOATHOUSF", "xoathouse",  # near the ends
        "boaxhouse", "boxthouse", "boahouse", "boatthouse", "boaxthouse",  # in the middle
        "obathouse", "botahouse", "boahtouse", "boathosue", "boathuose",  # two changed places
        "boathouse,", "(boathuose)",
    ],
)  # fmt: skip
@pytest.mark.parametrize("field", ["text", "ocr", "asr"])
def test_one_wrong_missing_or_extra_letter_is_forgiven(
    archive: Archive, short_steps: Way, typed: str, field: str
) -> None:
    words = "meet at the Boathouse at nine"
    key = archive.say(words) if field == "text" else archive.say(**{field: words})
    for _ in range(9):
        archive.say("bread and bath")
    (item,) = archive.find(typed, mode="typo")
    assert item.id == key
    assert item.match is not None
    begin, end = item.match.marks[0]
    assert item.match.snippet[begin:end] in ("Boathouse", "oathouse")
    assert bool(archive.find(typed)) == (typed == "oathouse")


def test_a_mistyped_word_is_any_word_there_is_with_one_letter_else(archive: Archive) -> None:
    """And nothing else: two letters wrong, the word inside another one, a number are not."""
    near = [archive.say(text) for text in ("Ferris", "the _ferry_", "手机ferry手机", "ferryman", "FERRYE", "7ferry")]
    for text in ("merry", "sherry", "fery", "conferry", "ferzzy"):
        archive.say(text)
    assert [item.id for item in archive.find("ferri", mode="typo")] == near[::-1]
    archive.say("invoice 12345")
    assert archive.find("12346", mode="typo") == []
    assert archive.find("invoise 12346", mode="typo") == []


def test_every_script_with_words_is_forgiven(archive: Archive) -> None:
    for said, typed in (
        ("נפגשים בשבת", "נפגשין"),
        ("السلام عليكم", "السلم"),
        ("Привет всем", "превет"),
        ("naïve", "naive"),
    ):
        key = archive.say(said)
        assert [item.id for item in archive.find(typed, mode="typo")] == [key]
    assert archive.find("北京都大学", mode="typo") == []
    key = archive.say("我們在北京都大学見面")
    assert [item.id for item in archive.find("北京都大学", mode="typo")] == [key]


def test_signs_beside_a_mistyped_word_mean_nothing_to_the_pattern(archive: Archive) -> None:
    key = archive.say("the ferry?")
    for typed in ("ferri*", "***ferri", "(?i)ferri", "\\ferri", "[ferri", "ferri$", "^ferri|"):
        assert [item.id for item in archive.find(typed, mode="typo")] == ([key] if "(?i)" not in typed else []), typed


WORDS = st.text(alphabet="abק", min_size=3, max_size=8)


@given(texts=st.lists(st.lists(WORDS, min_size=1, max_size=4).map(" ".join), min_size=1, max_size=8), typed=WORDS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_mistyped_words_as_by_looking_at_all(archive: Archive, short_steps: Way, texts: list[str], typed: str) -> None:
    archive.clear()
    keys = {archive.say(text): text for text in texts}
    known = {word for text in texts for word in text.split() if len(word) >= 4}
    near = [word for word in known if len(typed) >= 5 and one_letter_away(word, typed)]
    wanted = [
        key
        for key, text in keys.items()
        if typed in text or any(word.startswith(each) for word in text.split() for each in near)
    ]
    assert [item.id for item in archive.find(typed, mode="typo")] == wanted[::-1]


def test_short_words_are_taken_as_they_are_typed(archive: Archive) -> None:
    archive.say("meat and boathouse")
    assert archive.find("meet boathouze", mode="typo") == []
    assert len(archive.find("meat boathouze", mode="typo")) == 1


def test_pages_of_every_mode_are_the_whole_list(archive: Archive, short_steps: Way) -> None:
    keys = [archive.say(f"the ferry {number}") for number in range(20)]
    for mode, typed in (("substring", "ferry"), ("words", "ferry the"), ("typo", "ferri")):
        found = archive.find_all(SearchQuery(typed, mode=mode, limit=3))  # type: ignore[arg-type]
        assert [item.id for item in found] == keys[::-1], mode


def test_a_mode_nobody_knows_is_refused(archive: Archive) -> None:
    with pytest.raises(BadQuery, match="mode must be one of"):
        search(archive.conn, SearchQuery("a", mode="magic"))  # type: ignore[arg-type]

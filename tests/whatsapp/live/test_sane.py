"""Text out of payloads fits into a database, whatever the escapes of its JSON spell."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wa_pipeline.whatsapp.sane import REPLACEMENT, parsed

# What meets in escapes: halves of pairs, backslashes that are themselves escaped, NUL, and what only looks like these.
PIECES = st.sampled_from(
    ["\ud83d", "\ude00", "\x00", "\\", "u", "\\ud83d", "\\ude00", "\\u0000", "d83d", "😀", "ש", "a", "0"]
)
TEXTS = st.lists(PIECES, max_size=8).map("".join)


@given(TEXTS, TEXTS)
@example("\\ud83d\ude00", "")
def test_what_no_database_holds_is_replaced_and_all_else_stays(key: str, value: str) -> None:
    document = json.dumps({key: [value, {"inner": value}]})
    whole = json.loads(document)
    assert parsed(document) == {
        _fit(name): [_fit(inner[0]), {"inner": _fit(inner[0])}] for name, inner in whole.items()
    }


@pytest.mark.parametrize("spelt", ['"\\uD83D\\uDE00"', '"\\ud83d\\ude00"', '"😀"'])
def test_a_pair_is_a_character_however_it_is_spelt(spelt: str) -> None:
    assert parsed(spelt) == "😀"


def _fit(text: str) -> str:
    return "".join(REPLACEMENT if sign == "\x00" or "\ud800" <= sign <= "\udfff" else sign for sign in text)

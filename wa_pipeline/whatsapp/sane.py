"""Text PostgreSQL can hold: NUL and lone surrogates are legal in JSON and in no database."""

from __future__ import annotations

import json
import re
from typing import Final

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
_UNFIT: Final = re.compile("[\x00\ud800-\udfff]")
# Only escapes can bring such characters in: the bytes of a payload are valid UTF-8 without NUL.
_ESCAPED: Final = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_PAIR: Final = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..")


def parsed(text: str) -> object:
    """The JSON document, unfit characters replaced. Raises `ValueError` where it is none, `RecursionError` where it is
    nested too deeply."""
    document = json.loads(text)
    return _sane(document) if _may_be_unfit(text) else document


def _may_be_unfit(text: str) -> bool:
    """Whether escapes spell more than pairs of surrogates, which are characters. Beside an escaped backslash what looks
    like a pair may be none."""
    return _ESCAPED.search(text) is not None and ("\\\\" in text or _ESCAPED.search(_PAIR.sub("", text)) is not None)


def sane(text: str) -> str:
    """The text with unfit characters replaced."""
    return _UNFIT.sub(REPLACEMENT, text)


def _sane(value: object) -> object:
    if isinstance(value, str):
        return _UNFIT.sub(REPLACEMENT, value)
    if isinstance(value, dict):
        return {_UNFIT.sub(REPLACEMENT, key): _sane(inner) for key, inner in value.items()}
    return [_sane(inner) for inner in value] if isinstance(value, list) else value

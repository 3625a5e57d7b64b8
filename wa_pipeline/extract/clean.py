"""Text as a database takes it."""

from __future__ import annotations

import re

# What a text column refuses or a page cannot show: controls but tab and line feed, lone surrogates, non-characters.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_BLANK_LINES = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")


def clean(text: str, most: int) -> str:
    """`text` with one kind of line end, no control characters or piles of blank lines, cut to `most` characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").replace("\v", "\n")
    return _BLANK_LINES.sub("\n\n", _UNWANTED.sub("", text)).strip()[:most].rstrip()

"""Words of contact cards (vCard, RFC 6350) and calendars (iCalendar, RFC 5545), which share one way of writing."""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator
from typing import Final

_SHOWN: Final = frozenset(
    [
        "FN", "N", "NICKNAME", "ORG", "TITLE", "ROLE", "TEL", "EMAIL", "ADR", "URL", "NOTE", "BDAY",
        "SUMMARY", "DESCRIPTION", "LOCATION", "DTSTART", "DTEND", "ORGANIZER", "ATTENDEE", "COMMENT", "CATEGORIES",
    ]
)  # fmt: skip
_FOLD: Final = re.compile(r"\r?\n[ \t]")
_SOFT_BREAK: Final = re.compile(r"=\r?\n")
_NAME: Final = re.compile(r"(?:[\w-]+\.)?([\w-]+)")
_CHARSET: Final = re.compile(r"CHARSET=\"?([\w-]+)", re.IGNORECASE)
_ESCAPED: Final = re.compile(r"\\([nN,;:\\])")


def card_text(text: str) -> str:
    """The values a person would look for, one a line: names, numbers, addresses, times; no photographs, no keys."""
    return "\n".join(_values(text))


def _values(text: str) -> Iterator[str]:
    quoted = "ENCODING=QUOTED-PRINTABLE" in text.upper()
    unfolded = _FOLD.sub("", _SOFT_BREAK.sub("", text) if quoted else text)
    before = None
    for line in unfolded.splitlines():
        head, colon, value = line.partition(":")
        name = _NAME.match(head)
        if not colon or name is None or name[1].upper() not in _SHOWN:
            continue
        if "QUOTED-PRINTABLE" in head.upper():
            value = _decoded(quopri.decodestring(value.encode("utf-8", "replace")), head)
        value = _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], _parts(value))
        value = value.removeprefix("mailto:").strip()
        if value and value != before:
            yield value
        before = value


def _decoded(data: bytes, head: str) -> str:
    """Old phones name a character set of their own (`;CHARSET=ISO-8859-1`)."""
    named = _CHARSET.search(head)
    try:
        return data.decode(named[1] if named else "utf-8", "replace")
    except LookupError:
        return data.decode("utf-8", "replace")


def _parts(value: str) -> str:
    """The pieces of a structured value, parted by spaces: `Doe;John;;;` is John Doe's name in order of importance."""
    return " ".join(piece.strip() for piece in re.split(r"(?<!\\);", value) if piece.strip())

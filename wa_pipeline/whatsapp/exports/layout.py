"""The shape of a message's first line, learnt from the file's first header and kept to the end of the file.

An export is written in one go in one locale, so every header has the first one's separators, clock and digits.
A line in a body that looks like the header of another layout is therefore text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple, cast

from wa_pipeline.whatsapp.exports.periods import MARKS, PERIOD, SPACES

_M = f"[{MARKS}]*"
_S = f"[{SPACES}]"
_STEP = rf"{_M}(?:[./\-]{_S}?|[年月]){_M}"
_DATE = (
    rf"(?P<d1>\d{{1,4}})(?P<s1>{_STEP})(?P<d2>\d{{1,2}})(?P<s2>{_STEP})(?P<d3>\d{{4}}|\d{{1,2}})"
    rf"(?P<tail>{_M}(?:日|\.|{_S}?г\.)?)"
)
_TIME = (
    rf"(?:(?P<before>{PERIOD})(?P<bs>{_M}{_S}?))?"
    rf"(?P<hour>\d{{1,2}})(?P<ts>[:.h])(?P<minute>\d{{2}})(?:(?P<ss>[:.])(?P<second>\d{{2}}))?"
    rf"(?:(?P<as>{_M}{_S}?{_M})(?P<after>{PERIOD}){_M})?(?P<unit>{_S}?(?:ч\.|Uhr))?"
)
_JOIN = rf"(?P<join>{_M}[,،、]?{_M}{_S}*{_M}(?:(?!{PERIOD})[^\W\d_]{{1,5}}\.?{_S})?{_M})"
_END = rf"{_M}(?:(?P<ios>\]{_S}?)|(?P<dash>{_S}?[-–—]{_S})|(?P<colon>:{_S}))"

_ANY_HEADER: Final = (
    re.compile(rf"\n{_M}(?P<open>\[?){_M}{_DATE}{_JOIN}{_TIME}{_END}"),
    re.compile(rf"\n{_M}(?P<open>\[?){_M}{_TIME}{_JOIN}{_DATE}{_END}"),
)

# A name ends at the first ": " (or at a ":" that ends the line). Single characters are taken possessively, so that no
# line makes it backtrack by more than its colons; groups are not: Python 3.11.2 (Debian 12) loses what they caught.
_SENDER = r"(?:([^:\n]*+(?::(?![ \n]|\Z)[^:\n]*+)*):(?: |(?=\n|\Z)))?"


class _Numbers(NamedTuple):
    """What a number can be. A line like `[99/99/2024, 10:00]` is no header, so it stays text."""

    year: str
    day: str
    two: str
    hour: str
    sixty: str


_ASCII: Final = _Numbers(
    "[0-9]{4}", "(?:[12][0-9]|3[01]|0?[1-9])", "[0-9]{1,2}", "(?:1[0-9]|2[0-4]|0?[0-9])", "[0-5][0-9]"
)
_ANY_SCRIPT: Final = _Numbers(r"\d{4}", r"\d{1,2}", r"\d{1,2}", r"\d{1,2}", r"\d{2}")


@dataclass(frozen=True)
class Layout:
    """How this file writes its headers."""

    family: str
    """ios (`[date, time] `), android (`date, time - `) or plain (`date, time: `)."""
    description: str
    """For people: the first header with its digits as letters."""
    precision: str
    """minute or second."""
    year_first: bool
    header: re.Pattern[str]
    """Matches a newline and a header, with the groups that `Pieces` names."""
    stamp: re.Pattern[str]
    """The same without the sender: where a message starts."""
    time_first: bool
    has_tail: bool
    """Whether the seconds, and the half of the day behind them, are a group of their own.

    A day has 1,440 minutes and a minute 60 seconds, but a day 86,400 seconds: two small tables beat one large one.
    """

    twelve_hours: bool
    """Whether the tail says which half of the day it is."""

    def stamps(self, text: str) -> tuple[set[str], set[str], set[str]]:
        """The different dates, times and tails (none where there is no such group) of the text's headers."""
        columns = [set(column) for column in zip(*self.stamp.findall(text), strict=True)] or [set(), set(), set()]
        date, clock = (columns[-1], columns[0]) if self.time_first else (columns[0], columns[1])
        return date, clock, columns[1 if self.time_first else 2] if self.has_tail else set()

    def cut(self, text: str) -> Pieces:
        """The text's headers and bodies."""
        return Pieces(self.header.split(text), time_first=self.time_first, has_tail=self.has_tail)


class Pieces:
    """A text cut at its headers, as columns of one entry a message."""

    __slots__ = ("before", "bodies", "clocks", "dates", "senders", "tails")

    def __init__(self, parts: list[str], *, time_first: bool, has_tail: bool) -> None:
        step = 5 if has_tail else 4
        clock = 1 if time_first else 2
        self.before: str = parts[0]
        """What precedes the first header."""
        self.dates: list[str] = parts[(step - 2 if time_first else 1) :: step]
        self.clocks: list[str] = parts[clock::step]
        self.tails: list[str] | None = parts[clock + 1 :: step] if has_tail else None
        self.senders: list[str | None] = cast("list[str | None]", parts[step - 1 :: step])
        self.bodies: list[str] = parts[step::step]


def _literal(piece: str) -> str:
    """A separator as a regex: any space for a space, and direction marks optional where the first header had one."""
    bare = re.sub(f"[{MARKS}]", "", piece)
    pattern = re.sub(f"[{SPACES}]", lambda _: _S, re.sub(r"([^\w\s])", r"\\\1", bare))
    return f"{_M}{pattern}{_M}" if bare != piece else pattern


def _learn(match: re.Match[str], *, time_first: bool) -> Layout | None:
    part = {name: value or "" for name, value in match.groupdict().items()}
    if (part["open"] == "[") != bool(part["ios"]):
        return None
    year_first = len(part["d1"]) > 2 or "年" in part["s1"]
    if len(part["d1"]) == 3 or (year_first and len(part["d3"]) > 2):
        return None
    numbers = _ASCII if part["d1"].isascii() else _ANY_SCRIPT
    first = numbers.year if year_first else numbers.day
    # Two digits at the end are a year, or a day where the year comes first: 24/1/5.
    last = numbers.year if len(part["d3"]) == 4 else numbers.two if not year_first else numbers.day
    date = f"({first}{_literal(part['s1'])}{numbers.day}{_literal(part['s2'])}{last}){_literal(part['tail'])}"
    time = f"{numbers.hour}{_literal(part['ts'])}{numbers.sixty}"
    seconds = f"{_literal(part['ss'])}{numbers.sixty}" if part["second"] else ""
    after = f"{_literal(part['as'])}{PERIOD}" if part["after"] else ""
    has_tail = bool(seconds) and not part["before"]
    if part["before"]:
        time = f"{PERIOD}{_literal(part['bs'])}{time}"
    time = f"({time})({seconds}{after})" if has_tail else f"({time}{seconds}{after})"
    time += _literal(part["unit"])
    order = (time, _literal(part["join"]), date) if time_first else (date, _literal(part["join"]), time)
    end = part["ios"] or part["dash"] or part["colon"]
    stamp = rf"\n{_M}{re.escape(part['open'])}{_M if not part['open'] else ''}{''.join(order)}{_M}{_literal(end)}"
    return Layout(
        family="ios" if part["ios"] else "android" if part["dash"] else "plain",
        description=re.sub(r"\d", "0", re.sub(f"[{MARKS}]", "", match[0].strip("\n"))).strip(),
        precision="second" if part["second"] else "minute",
        year_first=year_first,
        header=re.compile(stamp + _SENDER),
        stamp=re.compile(stamp),
        time_first=time_first,
        has_tail=has_tail,
        twelve_hours=has_tail and bool(after),
    )


def learn_layout(sample: str) -> Layout | None:
    """The layout of the first header in `sample` (which must begin with a newline); None where there is no header."""
    found: list[tuple[int, Layout]] = []
    for time_first, pattern in enumerate(_ANY_HEADER):
        for match in pattern.finditer(sample):
            layout = _learn(match, time_first=bool(time_first))
            if layout and layout.stamp.match(sample, match.start()):
                found.append((match.start(), layout))
                break
    return min(found, key=lambda item: item[0])[1] if found else None

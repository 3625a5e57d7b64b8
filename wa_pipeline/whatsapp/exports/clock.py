"""Local dates and times to UTC, for the price of two dictionary look-ups a message.

A day without a change of clocks has one offset, so its midnight is one number and a message's instant a sum. Only the
two days a year on which clocks change are looked at message by message.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from wa_pipeline.whatsapp.exports.periods import SPACES, hour_of_day

DateOrder = Literal["dmy", "mdy", "ymd"]

_NUMBER: Final = re.compile(r"\d+")
_CLOCK: Final = re.compile(r"\d|(?<=\d)[:.h](?=\d)")
_EPOCH: Final = date(1970, 1, 1).toordinal()
_REMEMBERED = 100_000
"""More dates or times than a chat can have; beyond it the caches start afresh, so that no file fills the memory."""

FIRST_YEAR: Final = 2009
"""WhatsApp's first year."""


class BadStamp(Exception):
    """A date or time that cannot be one; `args[0]` is its text."""


def year_of(number: int) -> int:
    """A year as exports write it: two digits, four, or four of the Buddhist era. Two digits from 52 on are Buddhist."""
    if number < 100:
        return number + (1957 if number >= 52 else 2000)
    return number - 543 if 2500 <= number < 2700 else number


def read_date(text: str, order: DateOrder) -> date:
    """The date in `text`. Raises BadStamp where the order makes it none."""
    a, b, c = (int(number) for number in _NUMBER.findall(text))
    try:
        if order == "ymd":
            return date(year_of(a), b, c)
        return date(year_of(c), b, a) if order == "dmy" else date(year_of(c), a, b)
    except ValueError:
        raise BadStamp(text) from None


class Times(dict[str, int]):
    """Time of day as written to seconds since midnight."""

    def __missing__(self, text: str) -> int:
        if len(self) >= _REMEMBERED:
            self.clear()
        hour, minute, *rest = (int(number) for number in _NUMBER.findall(text))
        second = rest[0] if rest else 0
        if period := _CLOCK.sub("", text).strip():
            try:
                hour = hour_of_day(hour, period)
            except KeyError:
                raise BadStamp(text) from None
        hour = 0 if hour == 24 else hour
        if hour > 23 or minute > 59 or second > 59:
            raise BadStamp(text)
        self[text] = seconds = hour * 3600 + minute * 60 + second
        return seconds


class Tails(dict[str, int]):
    """What follows the minutes, `:59` or `:59 PM`, to seconds; the second half of the day counts as twelve hours."""

    def __missing__(self, text: str) -> int:
        seconds = int(_NUMBER.findall(text)[0])
        period = _CLOCK.sub("", text).strip(":." + SPACES)
        if period:
            try:
                seconds += hour_of_day(12, period) * 3600
            except KeyError:
                raise BadStamp(text) from None
        if len(self) >= _REMEMBERED:
            self.clear()
        self[text] = seconds
        return seconds


class TwelveHours(Times):
    """Times whose half of the day is in the tail: 12:05 is five minutes."""

    def __missing__(self, text: str) -> int:
        self[text] = seconds = super().__missing__(text) % 43_200
        return seconds


class Days(dict[str, int]):
    """Date as written to the epoch second of its midnight; days on which clocks change are also in `odd`."""

    def __init__(self, order: DateOrder, zone: ZoneInfo) -> None:
        super().__init__()
        self.order, self.zone = order, zone
        self.odd: dict[str, int] = {}
        """Date as written to its midnight in seconds of local time."""

    def __missing__(self, text: str) -> int:
        day = read_date(text, self.order)
        local = (day.toordinal() - _EPOCH) * 86_400
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        offsets = [_offset(midnight + timedelta(hours=hour)) for hour in (0, 6, 12, 18, 24)]
        if len(self) >= _REMEMBERED:
            self.clear()
            self.odd.clear()
        if len(set(offsets)) > 1:
            self.odd[text] = local
        self[text] = start = local - offsets[0]
        return start

    def settle(self, local: int, before: int) -> tuple[int, int]:
        """(epoch second, identity minute) of a local second on an odd day; `before` is the instant before it.

        In the hour that comes twice the first reading holds until time would run backwards; a minute of slack, because
        messages of one minute may be out of order.
        """
        naive = datetime(1970, 1, 1, tzinfo=self.zone) + timedelta(seconds=local)
        first = local - _offset(naive)
        second = local - _offset(naive.replace(fold=1))
        instant = second if second > first and first < before - 60 else first
        return instant, first // 60


def _offset(moment: datetime) -> int:
    offset = moment.utcoffset()
    return int(offset.total_seconds()) if offset else 0

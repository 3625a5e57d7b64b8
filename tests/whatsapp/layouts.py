# ruff: noqa: E501 - tables read best one row a line
"""Invented exports: how each locale writes a header, and a renderer for them. No line of it was ever sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


def _twelve(at: datetime, am: str, pm: str, *, seconds: bool = False, before: bool = False, sep: str = "\u202f") -> str:
    time = f"{at.hour % 12 or 12}:{at:%M}" + (f":{at:%S}" if seconds else "")
    word = am if at.hour < 12 else pm
    return f"{word}{sep}{time}" if before else f"{time}{sep}{word}"


def _digits(text: str, zero: str) -> str:
    return "".join(chr(ord(zero) + int(c)) if c.isascii() and c.isdigit() else c for c in text)


def _arabic_android(at: datetime) -> str:
    date = f"{at.day}\u200f/{at.month}\u200f/{at.year}"
    return _digits(f"\u200f{date}، {_twelve(at, 'ص', 'م', sep=chr(0xA0))} - ", "٠")


@dataclass(frozen=True)
class Locale:
    """One way of writing an export."""

    name: str
    header: Callable[[datetime], str]
    order: str
    ios: bool
    seconds: bool = False
    line_end: str = "\n"


LOCALES = [
    Locale("ios-de", lambda t: f"[{t:%d.%m.%y}, {t:%H:%M:%S}] ", "dmy", True, True, "\r\n"),
    Locale("ios-us", lambda t: f"[{t.month}/{t.day}/{t:%y}, {_twelve(t, 'AM', 'PM', seconds=True)}] ", "mdy", True, True, "\r\n"),
    Locale("ios-gb-marked", lambda t: f"\u200e[{t:%d/%m/%Y}, {t:%H:%M:%S}] ", "dmy", True, True, "\r\n"),
    Locale("ios-nl", lambda t: f"[{t:%d-%m-%Y} {t:%H:%M:%S}] ", "dmy", True, True),
    Locale("ios-es", lambda t: f"[{t.day}/{t.month}/{t:%y} {t.hour}:{t:%M:%S}] ", "dmy", True, True),
    Locale("ios-tw", lambda t: f"[{t.year}/{t.month}/{t.day} {_twelve(t, '上午', '下午', seconds=True, before=True, sep='')}] ", "ymd", True, True),
    Locale("ios-ko", lambda t: f"[{t.year}. {t.month}. {t.day}. {_twelve(t, '오전', '오후', seconds=True, before=True, sep=' ')}] ", "ymd", True, True),
    Locale("ios-fi", lambda t: f"[{t.day}.{t.month}.{t.year} klo {t.hour}.{t:%M.%S}] ", "dmy", True, True),
    Locale("android-us", lambda t: f"{t.month}/{t.day}/{t:%y}, {_twelve(t, 'AM', 'PM')} - ", "mdy", False),
    Locale("android-gb", lambda t: f"{t:%d/%m/%Y}, {t:%H:%M} - ", "dmy", False),
    Locale("android-in", lambda t: f"{t:%d/%m/%y}, {_twelve(t, 'am', 'pm')} - ", "dmy", False),
    Locale("android-de", lambda t: f"{t:%d.%m.%y}, {t:%H:%M} - ", "dmy", False),
    Locale("android-fr", lambda t: f"{t:%d/%m/%Y} à {t:%H:%M} - ", "dmy", False),
    Locale("android-es-mx", lambda t: f"{t.day}/{t.month}/{t.year}, {_twelve(t, 'a.' + chr(0xA0) + 'm.', 'p.' + chr(0xA0) + 'm.', sep=' ')} - ", "dmy", False),
    Locale("android-fi", lambda t: f"{t.day}.{t.month}.{t.year} klo {t.hour}.{t:%M} - ", "dmy", False),
    Locale("android-sv", lambda t: f"{t:%Y-%m-%d} {t:%H:%M} - ", "ymd", False),
    Locale("android-za", lambda t: f"{t:%Y/%m/%d}, {t:%H:%M} - ", "ymd", False, line_end="\r\n"),
    Locale("android-hu", lambda t: f"{t:%Y. %m. %d.} {t.hour}:{t:%M} - ", "ymd", False),
    Locale("android-zh", lambda t: f"{t.year}/{t.month}/{t.day} {_twelve(t, '上午', '下午', before=True, sep='')} - ", "ymd", False),
    Locale("android-ar", _arabic_android, "dmy", False),
    Locale("android-fa", lambda t: _digits(f"{t.year}/{t.month}/{t.day}، {t:%H:%M} - ", "۰"), "ymd", False),
    Locale("android-hi", lambda t: _digits(f"{t.day}/{t.month}/{t:%y}, {_twelve(t, 'am', 'pm')} - ", "०"), "dmy", False),
    Locale("android-vi", lambda t: f"{t:%H:%M}, {t:%d/%m/%Y} - ", "dmy", False),
    Locale("android-bg", lambda t: f"{t.day}.{t:%m.%y} г., {t:%H:%M} ч. - ", "dmy", False),
    Locale("old-iphone", lambda t: f"{t.month}/{t.day}/{t:%y}, {_twelve(t, 'AM', 'PM', seconds=True, sep=' ')}: ", "mdy", True, True),
]  # fmt: skip
BY_NAME = {locale.name: locale for locale in LOCALES}


def render(locale: Locale, messages: list[tuple[datetime, str | None, str]]) -> str:
    """The file: (local time, sender or None, body) a message."""
    return "".join(
        locale.header(at) + (f"{sender}: " if sender is not None else "") + body + locale.line_end
        for at, sender, body in messages
    )

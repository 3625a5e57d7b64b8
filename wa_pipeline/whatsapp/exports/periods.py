"""The two halves of the day, as exports in 12-hour locales write them.

Source: Unicode CLDR's day periods (abbreviated and narrow forms) for the locales WhatsApp is translated into.
"""

from __future__ import annotations

import re
from typing import Final

SPACES: Final = " \u00a0\u202f\u2009"
"""What stands between time and half of day: a space, or one of its no-break relatives."""

MARKS: Final = "\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff"
"""Direction marks and stray byte order marks, as a regex class body."""

MARK_CHARACTERS: Final = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
"""The same as plain characters, for strip."""

_MORNING = """
    am|a.m.|a. m.|a.m|a m|ص|صباحًا|ق.ظ|ق.ظ.|قبل‌ازظهر|上午|凌晨|清晨|早上|午前|오전|पूर्वाह्न|म.पू.|पूर्व मध्यान्ह|
    পূর্বাহ্ণ|முற்பகல்|உதயம்|ఉదయం|ಪೂರ್ವಾಹ್ನ|ಬೆಳಿಗ್ಗೆ|ഉച്ചയ്ക്ക് മുമ്പ്|ก่อนเที่ยง|öö|sa|π.μ.|π.μ|πμ|de.|de|пр.об.|пр. об.|
    fm|f.m.|ap.|ap|dop.|dopoledne|zj|p.d.|e paradites|pd|pg|ጥዋት|đop.|prije podne|пре подне|пре п.|öğleden önce|
    leh.|לפנה״צ|לפנה\u05f4צ|לפנה"צ|vm.|vm|ق.د|dopo|dp.|rano|утра|дп|am.
"""
_AFTERNOON = """
    pm|p.m.|p. m.|p.m|p m|م|مساءً|ب.ظ|ب.ظ.|بعدازظهر|下午|晚上|傍晚|午後|오후|अपराह्न|म.उ.|उत्तर मध्यान्ह|
    অপরাহ্ণ|பிற்பகல்|சாயங்காலம்|సాయంత్రం|ಅಪರಾಹ್ನ|ಸಂಜೆ|ഉച്ചയ്ക്ക് ശേഷം|หลังเที่ยง|ös|ch|μ.μ.|μ.μ|μμ|du.|du|сл.об.|сл. об.|
    em|e.m.|ip.|ip|odp.|odpoledne|zm|m.d.|e pasdites|md|ptg|ከሰዓት|pop.|poslije podne|по подне|по п.|öğleden sonra|
    אחה״צ|אחה\u05f4צ|אחה"צ|nm.|nm|ب.د|popo|pp.|вечера|дня|пп|pm.
"""
_NOON = "中午|noon|mediodía|正午"


def _words(table: str) -> list[str]:
    return [word.strip() for word in table.replace("\n", " ").split("|") if word.strip()]


def _bare(word: str) -> str:
    """The word without dots, spaces, marks and case: `p. m.` and `PM` are one."""
    return re.sub(f"[.{SPACES}{MARKS}\u200c]", "", word).casefold()


_HALF: Final = (
    {_bare(word): "am" for word in _words(_MORNING)}
    | {_bare(word): "pm" for word in _words(_AFTERNOON)}
    | {_bare(word): "noon" for word in _words(_NOON)}
)

PERIOD: Final = (
    "(?i:"
    + "|".join(
        re.escape(word).replace(r"\ ", f"[{SPACES}]")
        for word in sorted({*_words(_MORNING), *_words(_AFTERNOON), *_words(_NOON)}, key=len, reverse=True)
    )
    + ")"
)
"""A regex that matches any of the words."""


def hour_of_day(hour: int, period: str) -> int:
    """The hour 0–23 that `hour` on a 12-hour clock is in `period`. Raises KeyError for a word that is none."""
    half = _HALF[_bare(period)]
    if half == "noon":
        return hour if hour >= 10 else hour + 12
    if hour > 12:
        return hour
    return hour % 12 + (12 if half == "pm" else 0)

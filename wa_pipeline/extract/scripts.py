"""Which engine reads which script, and Tesseract's languages for each. Scripts go by their ISO 15924 codes."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import Final

LANGUAGES: Final[dict[str, tuple[str, ...]]] = {
    "Arab": ("ara", "fas", "urd"),
    "Armn": ("hye",),
    "Beng": ("ben",),
    "Cyrl": ("rus", "ukr", "bul", "srp", "kaz"),
    "Deva": ("hin", "mar", "nep"),
    "Ethi": ("amh",),
    "Geor": ("kat",),
    "Grek": ("ell",),
    "Gujr": ("guj",),
    "Guru": ("pan",),
    "Hang": ("kor",),
    "Hani": ("chi_sim", "chi_tra"),
    "Hebr": ("heb",),
    "Jpan": ("jpn",),
    "Khmr": ("khm",),
    "Knda": ("kan",),
    "Laoo": ("lao",),
    "Mlym": ("mal",),
    "Mymr": ("mya",),
    "Sinh": ("sin",),
    "Taml": ("tam",),
    "Telu": ("tel",),
    "Thai": ("tha",),
}
"""Tesseract's languages of a script: the first that has data is added for a chat in that script."""

BY_RAPIDOCR: Final = frozenset({"Latn", "Hani", "Jpan"})
"""What the models in RapidOCR's package read; what they make of other scripts looks like Latin letters, and is not."""

_NAMES: Final = {
    "ARABIC": "Arab",
    "ARMENIAN": "Armn",
    "BENGALI": "Beng",
    "CJK": "Hani",
    "CYRILLIC": "Cyrl",
    "DEVANAGARI": "Deva",
    "ETHIOPIC": "Ethi",
    "GEORGIAN": "Geor",
    "GREEK": "Grek",
    "GUJARATI": "Gujr",
    "GURMUKHI": "Guru",
    "HANGUL": "Hang",
    "HEBREW": "Hebr",
    "HIRAGANA": "Jpan",
    "KANNADA": "Knda",
    "KATAKANA": "Jpan",
    "KHMER": "Khmr",
    "LAO": "Laoo",
    "LATIN": "Latn",
    "MALAYALAM": "Mlym",
    "MYANMAR": "Mymr",
    "SINHALA": "Sinh",
    "TAMIL": "Taml",
    "TELUGU": "Telu",
    "THAI": "Thai",
}
_SHARE: Final = 0.2


def script_of(text: str) -> str | None:
    """The script a text is written in; Latin letters count only where a fifth of it is in no other. None: no letters.

    People write names and addresses in Latin letters among any other script, and hardly the other way round.
    """
    found = Counter(filter(None, (_script(letter) for letter in text)))
    if not found:
        return None
    if found["Jpan"] > _SHARE * found["Hani"]:
        return "Jpan"
    others = Counter({script: number for script, number in found.items() if script != "Latn"})
    commonest = others.most_common(1)
    if commonest and commonest[0][1] >= _SHARE * found.total():
        return commonest[0][0]
    return "Latn"


def _script(letter: str) -> str | None:
    if not letter.isalpha():
        return None
    return _NAMES.get(unicodedata.name(letter, "").split(" ")[0])

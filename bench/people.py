"""People's speech for the figures: what Debian packages as announcements for telephones, with what is said in them.

Packages asterisk-core-sounds-{en,es,fr,it,ru}-g722: 16 kHz, one voice a language, recorded by Allison Smith (English
and Spanish; CC-BY-SA-3.0), June Wallack (French; CC-BY-SA-3.0), Carlo Flora (Italian; CC-BY-3.0) and Maxim Topal
(Russian; CC-BY-3.0), as the packages' copyright files have it. Nothing of them is kept here; a language that is not
installed is left out. Read aloud in a quiet room: clearer than most voice notes are.
"""

from __future__ import annotations

import gzip
import hashlib
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from bench.spoken import Note, Samples, as_recorded

SOUNDS: Final = Path("/usr/share/asterisk/sounds")
TEXTS: Final = Path("/usr/share/doc")
VOICES: Final = {
    "en": "en_US_f_Allison",
    "es": "es_MX_f_Allison",
    "fr": "fr_CA_f_June",
    "it": "it_IT_m_Carlo",
    "ru": "ru_RU_f_IvrvoiceRU",
}
_LEAST_WORDS: Final = 4
_NOT_AS_SPOKEN: Final = re.compile(r"[\d\[\]()<>*#@/]|www")
"""What is written otherwise than it is said: numerals, keys, addresses, descriptions of sounds."""


def notes(*, tuned: bool = False, seed: int = 21) -> list[Note]:
    """Every announcement of four words or more, in an order mixed by the seed.

    One half of them, by a hash of their names, is for tuning, the other for the figures.
    """
    made = [
        Note(f"people-{name.replace('/', '-')}-{voice}", language, text, as_recorded(samples))
        for language, voice in VOICES.items()
        for name, text in _texts(language)
        if _is_for_tuning(name) == tuned and (samples := _samples(SOUNDS / voice / f"{name}.g722")) is not None
    ]
    random.Random(seed).shuffle(made)
    return made


def _texts(language: str) -> Iterator[tuple[str, str]]:
    """(announcement, what is said), for those written as they are spoken."""
    package = f"asterisk-core-sounds-{language}"
    path = TEXTS / package / f"core-sounds-{language}.txt.gz"
    if not path.exists():
        return
    for line in gzip.decompress(path.read_bytes()).decode("utf-8-sig").splitlines():
        name, colon, text = line.partition(":")
        written = not line.startswith(";") and colon and not _NOT_AS_SPOKEN.search(text)
        if written and len(text.split()) >= _LEAST_WORDS:
            yield name.strip(), text.strip()


def _is_for_tuning(name: str) -> bool:
    return hashlib.sha256(name.encode()).digest()[0] % 2 == 0


def _samples(path: Path) -> Samples | None:
    """The announcement as 16 kHz mono, its loudest at 0.7; None where it is not installed."""
    import av

    if not path.exists():
        return None
    with av.open(str(path), format="g722") as container:
        blocks = [frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]
    samples = np.concatenate(blocks).astype(np.float32) / 32768
    return samples * np.float32(0.7 / max(0.01, float(np.abs(samples).max())))

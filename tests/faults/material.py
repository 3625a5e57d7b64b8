"""A chat long enough to be interrupted in, with pictures; always the same one."""

from __future__ import annotations

import random
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

from tests.imports.pictures import png

WORDS = "beans ladder water shed Sunday compost seeds key fence rain קש 花 wheelbarrow thanks tomorrow".split(" ")  # noqa: SIM905
PEOPLE = ("Ann", "Bob Marlow", "Cem", "Ines ~ x", "+44 7700 900123")


def write_chat(path: Path, *, messages: int, pictures: int, seed: int = 1) -> Path:
    """An Android export of `messages` messages, `pictures` of which are attachments."""
    rng = random.Random(seed)
    at = datetime(2023, 1, 13, 8, 0)  # noqa: DTZ001
    lines, media = [], {}
    with_picture = set(rng.sample(range(messages), pictures))
    for number in range(messages):
        at += timedelta(seconds=rng.choice((0, 5, 20, 40, 300)))
        text = " ".join(rng.choices(WORDS, k=rng.randint(1, 12)))
        if number in with_picture:
            name = f"IMG-20230113-WA{number:05}.jpg"
            media[name] = png(colour=f"#{rng.randrange(1 << 24):06x}", size=(200, 100))
            text = f"{name} (file attached)"
        lines.append(f"{at:%d/%m/%Y, %H:%M} - {rng.choice(PEOPLE)}: {text}\n")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{path.stem}.txt", "".join(lines))
        for name, data in media.items():
            archive.writestr(name, data)
    return path

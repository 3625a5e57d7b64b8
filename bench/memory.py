"""Whether the memory of OCR workers stays flat over many pictures of all shapes.

    python -m bench.memory [--pictures 1000] [--workers 1] [--seed N]

The mix of `bench.ocr`, a hundred pictures drawn anew and then shown again and again in sizes and proportions drawn by
chance, as engines that keep something for each shape they meet grow by it. Every fifty pictures: the median over these
fifty of the workers' resident memory, without the Tesseract processes below them, which end with each batch.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import psutil
from PIL import Image

from bench.ocr import CODES
from bench.ocr_material import Picture, make
from wa_pipeline.extract import Extractor, Failure

DRAWN, EVERY = 100, 50


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--pictures", type=int, default=1000)
    arguments.add_argument("--workers", type=int, default=1)
    arguments.add_argument("--seed", type=int, default=20261127)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as place, Extractor(workers=given.workers) as extractor:
        folder = Path(place)
        scripts: dict[str, str] = {}
        sizes: list[float] = []
        drawn = make(folder, min(DRAWN, given.pictures), given.seed)
        began = time.monotonic()
        shown = reshaped(drawn, folder, given.pictures, Random(given.seed), scripts)
        for number, (name, outcome) in enumerate(extractor.read("ocr", shown, expected=scripts), 1):
            (folder / name).unlink()
            if isinstance(outcome, Failure):
                print(f"{name}: {outcome.reason}")
            sizes.append(resident())
            if number % EVERY == 0:
                size = statistics.median(sizes[-EVERY:])
                print(f"{number:6} pictures {time.monotonic() - began:6.0f} s {size:6.0f} MB", flush=True)


def reshaped(
    drawn: list[Picture], folder: Path, number: int, chance: Random, scripts: dict[str, str]
) -> Iterator[tuple[str, Path, str]]:
    """`number` files for the extractor; the script of each is noted in `scripts` as it is given out."""
    for place in range(number):
        picture = drawn[place % len(drawn)]
        path = folder / f"{place}.jpg"
        with Image.open(picture.path) as image:
            scale, stretch = chance.uniform(0.55, 1.15), chance.uniform(0.8, 1.2)
            size = (round(image.width * scale), round(image.height * scale * stretch))
            image.resize(size, Image.Resampling.BILINEAR).save(path, quality=85)
        if script := CODES.get(picture.script):
            scripts[path.name] = script
        yield path.name, path, "image/jpeg"


def resident() -> float:
    """MB of all workers together."""
    held = 0
    for worker in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):
            held += worker.memory_info().rss
    return held / 1e6


if __name__ == "__main__":
    main()

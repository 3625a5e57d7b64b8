"""Files a second and real-time factor of `wa_pipeline.extract` beside a naive loop over the same engines.

    python bench/extract.py [--pictures 24] [--notes 6] [--rounds 3]

The naive loops are what one writes first: `pytesseract.image_to_string` for each picture, and for each voice note the
same model with faster-whisper's defaults. Rounds are interleaved; medians are printed. The pictures are drawn by the
tests' own helpers and the speech is synthetic (espeak-ng), so that the figures compare ways of working, not engines.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytesseract

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.extract import material
from wa_pipeline.extract import Extractor
from wa_pipeline.extract.extractor import cores
from wa_pipeline.extract.installed import find_tesseract
from wa_pipeline.extract.model import find_model, load_model


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--pictures", type=int, default=24)
    arguments.add_argument("--notes", type=int, default=6)
    arguments.add_argument("--rounds", type=int, default=3)
    wanted = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pictures = draw(Path(folder), wanted.pictures)
        compare_ocr(pictures, wanted.rounds)
    compare_speech([material.ENGLISH, material.GERMAN] * (wanted.notes // 2), wanted.rounds)


def draw(folder: Path, count: int) -> list[Path]:
    """A mix of light, dark and tilted pictures and ones without words."""
    kinds = [material.picture(), material.dark_screenshot(), material.tilted_photo(7), material.landscape()]
    paths = [folder / f"{number}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        kinds[number % len(kinds)].save(path, quality=85)
    return paths


def compare_ocr(pictures: list[Path], rounds: int) -> None:
    engine = find_tesseract("eng+deu")
    pytesseract.pytesseract.tesseract_cmd = engine.command
    if engine.tessdata:
        os.environ["TESSDATA_PREFIX"] = engine.tessdata
    found: dict[str, int] = {}

    def naive() -> None:
        texts = [pytesseract.image_to_string(str(path), lang=engine.lang) for path in pictures]
        found["naive"] = sum(words_found(text) for text in texts)

    def ours() -> None:
        with Extractor() as extractor:
            results = extractor.read("ocr", [(str(path), path, "image/jpeg") for path in pictures])
            found["ours"] = sum(words_found(getattr(result, "text", "")) for _, result in results)

    walls = interleaved({"naive": naive, "ours": ours}, rounds)
    for name, (wall, cpu) in walls.items():
        speed = f"{len(pictures) / wall:.2f} files/s, {cpu / len(pictures):.2f} CPU s a file"
        print(f"ocr    {name:5}  {speed}, {found[name]} words found")
    print(f"ocr    ours is {walls['naive'][0] / walls['ours'][0]:.2f}x the naive loop (start of workers included)")


def words_found(text: str) -> int:
    return sum(word in text.split() for word in " ".join(material.LINES).split())


def compare_speech(notes: list[Path], rounds: int) -> None:
    model = load_model(find_model(None), cores())
    with Extractor() as extractor:
        seconds = float(sum(probe.duration_s or 0 for probe in extractor.probe_many([(note, None) for note in notes])))
        list(extractor.read("asr", [("warm", notes[0], "audio/ogg")]))

        def naive() -> None:
            for note in notes:
                segments, _ = model.transcribe(str(note))
                list(segments)

        def ours() -> None:
            list(extractor.read("asr", [(str(number), note, "audio/ogg") for number, note in enumerate(notes)]))

        walls = interleaved({"naive": naive, "ours": ours}, rounds)
    for name, (wall, _) in walls.items():
        print(f"speech {name:5}  real-time factor {wall / seconds:.2f} ({seconds:.0f} s of sound in {wall:.1f} s)")
    print(f"speech ours is {walls['naive'][0] / walls['ours'][0]:.2f}x the naive loop (models loaded beforehand)")


def interleaved(ways: dict[str, Callable[[], None]], rounds: int) -> dict[str, tuple[float, float]]:
    """Median wall and CPU seconds of each way; CPU counts children that have ended."""
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            wall, cpu = time.perf_counter(), processor()
            way()
            spent[name].append((time.perf_counter() - wall, processor() - cpu))
    return {
        name: (statistics.median(wall for wall, _ in took), statistics.median(cpu for _, cpu in took))
        for name, took in spent.items()
    }


def processor() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


if __name__ == "__main__":
    main()

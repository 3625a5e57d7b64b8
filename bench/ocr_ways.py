"""One way of reading a folder of pictures, timed: what `bench.ocr` starts in a process of its own.

    python -m bench.ocr_ways WAY FOLDER

Prints {"wall", "cpu", "texts"}: seconds, and the text of each file; for the extractor also "<file> ms".
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytesseract

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from wa_pipeline.extract import Extractor, Text
from wa_pipeline.extract.images import load, open_image, prepare, straightened
from wa_pipeline.extract.installed import Tesseract, find_tesseract
from wa_pipeline.extract.tesseract import read_pages

_PIXELS = 100_000_000


def main() -> None:
    way, folder = sys.argv[1], Path(sys.argv[2])
    listed = [(folder / name, script) for name, script in json.loads((folder / "pictures.json").read_text())]
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as scratch:
        engine = find_tesseract("eng+deu", Path(scratch))
        # Pytesseract's own default is the command on the PATH.
        pytesseract.pytesseract.tesseract_cmd = shutil.which("tesseract") or engine.command
        os.environ["TESSDATA_PREFIX"] = str(engine.tessdata or "")
        ready = _prepared(listed, Path(scratch)) if way in ("tesserocr", "bare") else []
        ways: dict[str, Callable[[], dict[str, str]]] = {
            "naive": lambda: _pytesseract(engine, listed),
            "one thread": lambda: _pytesseract(engine, listed),
            "tesserocr": lambda: _in_process(engine, listed, ready),
            "bare": lambda: _list_file(engine, listed, ready, Path(scratch)),
        }
        read = ways.get(way) or (lambda: _extractor(way, listed))
        if way == "naive":
            print(
                f"naive: {pytesseract.get_tesseract_version()} of {pytesseract.pytesseract.tesseract_cmd}",
                file=sys.stderr,
            )
        wall, cpu = time.perf_counter(), _processor()
        texts = read()
        print(json.dumps({"wall": time.perf_counter() - wall, "cpu": _processor() - cpu, "texts": texts}))


def _pytesseract(engine: Tesseract, listed: list[tuple[Path, str | None]]) -> dict[str, str]:
    return {
        path.name: pytesseract.image_to_string(str(path), lang=engine.reading(script).lang) for path, script in listed
    }


def _prepared(listed: list[tuple[Path, str | None]], scratch: Path) -> list[Path]:
    ready = []
    for path, _ in listed:
        with open_image(path, pixels=_PIXELS) as image:
            clear, _ = prepare(straightened(load(image, about=1400)))
        ready.append(scratch / f"{path.stem}.pgm")
        clear.save(ready[-1], format="PPM")
    return ready


def _in_process(engine: Tesseract, listed: list[tuple[Path, str | None]], ready: list[Path]) -> dict[str, str]:
    import tesserocr

    print(tesserocr.tesseract_version().split("\n")[0], file=sys.stderr)
    texts = {}
    for lang, places in _by_language(engine, listed).items():
        with tesserocr.PyTessBaseAPI(path=engine.tessdata, lang=lang, psm=tesserocr.PSM.AUTO) as api:
            for place in places:
                api.SetImageFile(str(ready[place]))
                texts[listed[place][0].name] = api.GetUTF8Text()
    return texts


def _list_file(
    engine: Tesseract, listed: list[tuple[Path, str | None]], ready: list[Path], scratch: Path
) -> dict[str, str]:
    texts = {}
    for places in _by_language(engine, listed).values():
        reader = engine.reading(listed[places[0]][1])
        pages = read_pages(reader, [ready[place] for place in places], scratch, 3600)
        texts |= {listed[place][0].name: page.text for place, page in zip(places, pages, strict=True)}
    return texts


def _by_language(engine: Tesseract, listed: list[tuple[Path, str | None]]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for place, (_, script) in enumerate(listed):
        groups.setdefault(engine.reading(script).lang, []).append(place)
    return groups


def _extractor(way: str, listed: list[tuple[Path, str | None]]) -> dict[str, str]:
    texts = {}
    with Extractor(ocr=way) as extractor:  # type: ignore[arg-type]
        items = [(path.name, path, "image/jpeg") for path, _ in listed]
        scripts = {path.name: script for path, script in listed if script}
        for name, found in extractor.read("ocr", items, expected=scripts):
            texts[name] = found.text if isinstance(found, Text) else ""
            texts[f"{name} ms"] = str(found.duration_ms)
    return texts


def _processor() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


if __name__ == "__main__":
    main()

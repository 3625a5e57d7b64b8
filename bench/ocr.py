"""OCR: speed beside pytesseract and tesserocr, and recall and cost of the engines on a mix of pictures.

    python -m bench.ocr [--pictures 40] [--rounds 5] [--seed N] [--json]

Every round runs every way once, one after the other, each in a process of its own over the same files; medians of wall
and CPU seconds (children included) are compared. bench/ocr_material.py says what of the files is synthetic.

naive       pytesseract.image_to_string(path) for each picture, nothing else set: by the `tesseract` on the PATH, if any
            (distributions' spread each picture over the cores by OpenMP), else by the package's, which uses one core
one thread  the same with OMP_THREAD_LIMIT=1
tesserocr   the pictures as `tesseract` prepares them, one after the other through an API in this process, if installed
            (its wheel brings a Tesseract of its own, whose version is printed; the data are the same)
bare        the same pictures in one list file through one Tesseract process, as a worker runs them: beside tesserocr
tesseract, cascade, rapidocr   WA_OCR's three settings, by the extractor with one worker a core, start included

A word counts as found where `wa search` would find it: as a piece of the text, whatever its case. Counted are words of
three characters or more; of Chinese and Japanese, each pair of neighbours. Each file comes with the script of its chat.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import unicodedata
from collections import defaultdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.ocr_material import Picture, make

WAYS = ("naive", "one thread", "tesserocr", "bare", "tesseract", "cascade", "rapidocr")
CODES = {"Latin": "Latn", "Cyrillic": "Cyrl", "Greek": "Grek", "Arabic": "Arab", "Han": "Hani", "Kana": "Jpan"}
RATIOS = (
    ("naive pytesseract / WA_OCR=tesseract, wall", "naive", "tesseract", "wall", 4.0),
    ("one thread / WA_OCR=tesseract, wall", "one thread", "tesseract", "wall", 1.6),
    ("list file / tesserocr, CPU", "bare", "tesserocr", "cpu", 1.1),
    ("cascade / WA_OCR=tesseract, CPU", "cascade", "tesseract", "cpu", 3.0),
)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--pictures", type=int, default=40)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seed", type=int, default=20261126)
    arguments.add_argument("--ways", nargs="*", default=list(WAYS), choices=WAYS, metavar="WAY")
    arguments.add_argument("--json", action="store_true")
    wanted = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-ocr-") as place:
        folder = Path(place)
        pictures = make(folder, wanted.pictures, wanted.seed)
        _list(folder, pictures)
        ways = [way for way in wanted.ways if way != "tesserocr" or _has_tesserocr()]
        took: dict[str, list[dict[str, float]]] = defaultdict(list)
        texts: dict[str, dict[str, str]] = {}
        for number in range(wanted.rounds):
            for way in ways:
                answer = _run(way, folder)
                took[way].append({"wall": answer["wall"], "cpu": answer["cpu"]})
                texts[way] = answer["texts"]
                print(f"round {number + 1}: {way} {answer['wall']:.1f} s", file=sys.stderr)
        report = _report(pictures, took, texts)
    if wanted.json:
        print(json.dumps({"seed": wanted.seed, "rounds": wanted.rounds, **report}, indent=1))
    else:
        _print(report, wanted)


def _list(folder: Path, pictures: list[Picture]) -> None:
    listed = [[picture.path.name, CODES.get(picture.script)] for picture in pictures]
    (folder / "pictures.json").write_text(json.dumps(listed))


def _run(way: str, folder: Path) -> dict[str, Any]:
    environment = {name: value for name, value in os.environ.items() if name != "OMP_THREAD_LIMIT"}
    if way != "naive":
        environment["OMP_THREAD_LIMIT"] = "1"
    command = [sys.executable, "-m", "bench.ocr_ways", way, str(folder)]
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _has_tesserocr() -> bool:
    from importlib.util import find_spec

    return find_spec("tesserocr") is not None


def _report(
    pictures: list[Picture], took: dict[str, list[dict[str, float]]], texts: dict[str, dict[str, str]]
) -> dict[str, Any]:
    medians = {
        way: {what: statistics.median(one[what] for one in runs) for what in ("wall", "cpu")}
        for way, runs in took.items()
    }
    ratios = [
        {
            "ratio": name,
            "value": statistics.median(
                first[what] / second[what] for first, second in zip(took[one], took[other], strict=True)
            ),
            "wanted": bar,
        }
        for name, one, other, what, bar in RATIOS
        if one in took and other in took
    ]
    recalls = {way: _recalls(pictures, found) for way, found in texts.items()}
    return {"pictures": len(pictures), "seconds": medians, "runs": took, "ratios": ratios, "found": recalls}


def _recalls(pictures: list[Picture], texts: dict[str, str]) -> dict[str, dict[str, float]]:
    """For all, each class and each script: files, words looked for, share found, words where there are none."""
    groups: dict[str, list[Picture]] = defaultdict(list)
    for picture in pictures:
        for group in ("all", picture.kind, f"script {picture.script}"):
            groups[group].append(picture)
    found = {}
    for group, members in sorted(groups.items()):
        wanted = sum(len(picture.wanted) for picture in members)
        there = sum(_there(picture, texts[picture.path.name]) for picture in members)
        invented = sum(len(texts[picture.path.name].split()) for picture in members if not picture.wanted)
        cost = sum(float(texts.get(f"{picture.path.name} ms", 0)) for picture in members) / len(members)
        found[group] = {
            "files": len(members),
            "wanted": wanted,
            "recall": there / wanted if wanted else 1.0,
            "invented": invented,
            "ms_a_file": round(cost),
        }
    return found


def _there(picture: Picture, text: str) -> int:
    plain = _plain(text)
    if picture.language in ("zh", "ja"):
        plain += " " + plain.replace(" ", "")
    return sum(_plain(word) in plain for word in picture.wanted)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _print(report: dict[str, Any], wanted: argparse.Namespace) -> None:
    print(f"{report['pictures']} pictures, seed {wanted.seed}, {wanted.rounds} rounds; medians")
    for way, seconds in report["seconds"].items():
        files, recall = report["pictures"], report["found"][way]["all"]["recall"]
        rate = f"{files / seconds['wall']:6.2f} files/s  {seconds['cpu'] / files:5.2f} CPU s a file"
        print(f"  {way:10}  {seconds['wall']:6.1f} s  CPU {seconds['cpu']:6.1f} s  {rate}  recall {recall:.3f}")
    for ratio in report["ratios"]:
        print(f"  {ratio['ratio']}: {ratio['value']:.2f} (wanted {ratio['wanted']})")
    for way in ("tesseract", "cascade", "rapidocr"):
        if way in report["found"]:
            print(f"{way}: recall, invented words and milliseconds a file")
            for group, each in report["found"][way].items():
                share = (
                    f"{each['recall']:.3f} of {each['wanted']:5}" if each["wanted"] else f"{each['invented']} invented"
                )
                print(f"  {group:16} {each['files']:4} files  {share:16}  {each['ms_a_file']} ms")


if __name__ == "__main__":
    main()

"""Makes the sample archive: `python -m wa_pipeline.demo.make [--out DIR]`.

Three invented chats, written down as phones export them, with everything their members share, a fourth as a worker
delivers it live, and what an archive must hold afterwards: expected.json and expected_live.json. The committed data/
was made by this script on Debian 12.

Only for making it (nothing of it is needed to use it): espeak-ng 1.51 and the fonts of fonts-lato, fonts-roboto
and fonts-comic-neue. Pillow, PyAV and python-docx are the project's own. The same versions of these give the same
bytes every time: every random number is seeded, every archive has fixed times. expected.json names the versions.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from wa_pipeline.demo import story_allotments, story_dinner, story_family, story_rowing, workshop
from wa_pipeline.demo.expectations import expected_archive
from wa_pipeline.demo.model import Telling, changed, since, until
from wa_pipeline.demo.render import LAYOUTS, write_zip

DATA = Path(__file__).parent / "data"
FIRST_EXPORT, CLEARED = "2024-04-02", "2024-03-20"


def tellings() -> list[Telling]:
    """The four exports in the order they are imported: the allotments twice, then the rowers and the family."""
    elm, changes = story_allotments.tell()
    row, fam = story_rowing.tell(), story_family.tell()
    name = "WhatsApp Chat with Elm Lane Allotments"
    return [
        Telling(elm, "android-en", until(elm.lines, FIRST_EXPORT), f"{name}.zip", "dmy"),
        Telling(elm, "android-en", since(changed(elm.lines, changes), CLEARED), f"{name} (1).zip", "dmy"),
        Telling(row, "ios-en", tuple(row.lines), "WhatsApp Chat - Saltmarsh Rowing Club.zip", "mdy"),
        Telling(fam, "android-de", tuple(fam.lines), "WhatsApp Chat mit Familie Rosenthal.zip", "dmy"),
    ]


def live_lines(media: Mapping[str, Mapping[str, object]]) -> tuple[str, dict[str, object]]:
    """The live part as NDJSON, and what must be in the archive after it; `media` is `archive.media_sha256`."""
    sha256, recipe = next((sha256, one) for sha256, one in media.items() if one["name"] == "recipe.jpg")
    deliveries = story_dinner.tell(sha256, int(str(recipe["bytes"])))
    lines = "".join(json.dumps(delivery, ensure_ascii=False) + "\n" for delivery in deliveries)
    return lines, story_dinner.expectations(deliveries)


def make_live(out: Path) -> None:
    """Writes the live part beside the exports, whose expected.json says what the picture in it is."""
    media = json.loads((out / "expected.json").read_text(encoding="utf-8"))["archive"]["media_sha256"]
    lines, says = live_lines(media)
    (out / "Friday Dinner Club.ndjson").write_text(lines, encoding="utf-8")
    (out / "expected_live.json").write_text(json.dumps(says, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def make(out: Path) -> None:
    """Writes the export zips, expected.json and the live part into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    files = workshop.build()
    zips: dict[str, bytes] = {}
    members: dict[str, dict[str, str]] = {}
    told = tellings()
    for telling in told:
        rendered = LAYOUTS[telling.layout].render(telling)
        held = {line.uid: line.file for line in telling.lines if line.file}
        write_zip(out / telling.file, rendered, {rendered.members[uid]: files[name] for uid, name in held.items()})
        zips[telling.file] = (out / telling.file).read_bytes()
        members[telling.file] = {uid: rendered.members[uid] for uid in held}
    expected = {"made_with": _versions(), **expected_archive(told, zips, members, files)}
    text = json.dumps(expected, ensure_ascii=False, indent=1)
    (out / "expected.json").write_text(text + "\n", encoding="utf-8")
    make_live(out)


def _versions() -> dict[str, str]:
    spoken = subprocess.run(["espeak-ng", "--version"], check=True, capture_output=True, text=True).stdout
    packages = {name: version(name) for name in ("pillow", "av", "numpy", "python-docx")}
    return {"espeak-ng": spoken.split("text-to-speech: ")[1].split()[0], **packages}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m wa_pipeline.demo.make", description="Make the sample archive.")
    parser.add_argument("--out", type=Path, default=DATA, help="the folder to write to (default: %(default)s)")
    out = parser.parse_args().out
    make(out)
    for path in sorted(out.iterdir()):
        print(f"{path.stat().st_size:>9,}  {path.name}")


if __name__ == "__main__":
    main()

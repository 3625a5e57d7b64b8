"""Pictures as people send them, made with a seed: screenshots, receipts, memes, photographs with a sign, and without.

Synthetic: all words, the screens, the receipts, the captions and the signs, and how paper and sign lie in the picture
(perspective, shade, blur, noise, JPEG). Real: the photographs behind captions and signs and those without words; those
count that are installed, and none is kept here:

mate-backgrounds (Debian)  nature/*.jpg, GPL-2+ each, authors in /usr/share/doc/mate-backgrounds/copyright
scikit-learn (PyPI)        datasets/images/flower.jpg, CC BY 2.0, attribution in README.txt beside it
scikit-image (PyPI)        data/*, which come with the package (BSD-3-Clause); the wheel names no licence for each

Fonts, of Debian's packages: fonts-noto-core, fonts-noto-cjk and fonts-lato (SIL OFL 1.1), fonts-roboto-unhinted and
fonts-open-sans (Apache-2.0), fonts-dejavu-core (Bitstream Vera's licence).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from bench.ocr_words import LATIN, POOLS, WITHOUT_SPACES, words

_FONTS = Path("/usr/share/fonts")
_NOTO = {"ru": "NotoSans", "el": "NotoSans", "ar": "NotoSansArabic"}
_WORDLESS = ("chelsea.png", "coffee.png", "grass.png", "gravel.png", "brick.png", "camera.png", "retina.jpg", "ihc.png")
_SHARES = {"screenshot": 40, "receipt": 15, "meme": 15, "photo": 20, "wordless": 10}
_OTHERS = {
    "screenshot": ("ru", "el", "zh", "ja", "ar", "ru", "zh", "el", "ja", "ar", "ru", "zh", "ja", "ar", "el", "ru"),
    "receipt": ("ru", "zh", "el", "ru"),
    "meme": ("ru", "zh", "ja"),
    "photo": ("ru", "zh", "el", "ja", "ru", "zh", "el"),
}
"""Languages of the pictures that are not in Latin letters, for a mix of 100."""


@dataclass(frozen=True)
class Picture:
    """A file, its class, the language of its words, and what can be looked for in it."""

    path: Path
    kind: str
    language: str
    wanted: tuple[str, ...]

    @property
    def script(self) -> str:
        return POOLS[self.language][0] if self.wanted else "none"


def make(folder: Path, number: int, seed: int) -> list[Picture]:
    """`number` pictures in the shares of the mix, the same for the same seed."""
    chance = Random(seed)
    made = []
    for kind, language in _plan(number, chance):
        image, lines = _KINDS[kind](chance, language)
        path = folder / f"{len(made):04}-{kind}-{language}.jpg"
        image.convert("RGB").save(path, quality=chance.randint(70, 90))
        made.append(Picture(path, kind, language, tuple(_wanted(lines, language))))
    chance.shuffle(made)
    return made


def _plan(number: int, chance: Random) -> Iterator[tuple[str, str]]:
    for kind, share in _SHARES.items():
        others = _OTHERS.get(kind, ())
        for place in range(max(1, round(share * number / 100))):
            # Spread evenly, so that a small mix has every script as well.
            turn = place * len(others) // share
            foreign = turn < (place + 1) * len(others) // share if number >= 100 else place % 3 == 2 and others
            yield (
                kind,
                others[(turn if number >= 100 else place // 3) % len(others)] if foreign else chance.choice(LATIN),
            )


def _wanted(lines: list[str], language: str) -> Iterator[str]:
    """What a search would be for: words of three letters or more; of scripts without spaces, two characters."""
    for line in lines:
        for word in line.split():
            if language in WITHOUT_SPACES and not word.isascii():
                yield from (word[place : place + 2] for place in range(len(word) - 1))
            elif len(word) >= 3:
                yield word


def _screenshot(chance: Random, language: str) -> tuple[Image.Image, list[str]]:
    width, height = 1080, chance.choice((1920, 2280, 2400))
    dark = chance.random() < 0.5
    page, bubbles = ("#0b141a", ("#202c33", "#005c4b")) if dark else ("#efeae2", ("#ffffff", "#d9fdd3"))
    ink, faint = ("#e9edef", "#8696a0") if dark else ("#111b21", "#667781")
    image = Image.new("RGB", (width, height), page)
    draw = ImageDraw.Draw(image)
    size = chance.randint(38, 48)
    font, small, lines, top = _font(language, size), _font("en", round(size * 0.65)), [], 130
    title = " ".join(words(chance, language, 2))
    draw.rectangle((0, 0, width, top), fill="#1f2c34" if dark else "#008069")
    draw.text((160, 50), title, font=_font(language, 46, bold=True), fill="white")
    lines.append(title)
    while top < height - 420:
        mine = chance.random() < 0.5
        said = [_line(chance, language, 2, 5) for _ in range(chance.randint(1, 4))]
        said = [_fitting(line, font, 720) for line in said]
        wide = max(font.getlength(line) for line in said) + 200
        left, below = (width - wide - 40 if mine else 40), top + 40 + len(said) * round(size * 1.45) + 20
        draw.rounded_rectangle((left, top + 24, left + wide, below), 24, fill=bubbles[mine])
        for place, line in enumerate(said):
            draw.text((left + 28, top + 40 + place * round(size * 1.45)), line, font=font, fill=ink)
        time = f"{chance.randint(10, 23)}:{chance.randint(10, 59)}"
        draw.text((left + wide - 30, below - 12), time, font=small, fill=faint, anchor="rs")
        lines += [*said, time]
        top = below + 6
    if chance.random() < 0.6:
        # What WhatsApp makes of a screenshot: 1600 pixels on the long side.
        image = image.resize((round(width * 1600 / height), 1600), Image.Resampling.LANCZOS)
    return image, lines


def _receipt(chance: Random, language: str) -> tuple[Image.Image, list[str]]:
    size = chance.randint(26, 32)
    font, bold = _font(language, size, mono=True), _font(language, size + 14, bold=True)
    rows = chance.randint(10, 22)
    paper = Image.new("RGB", (640, 260 + rows * round(size * 1.5)), (244, 242, 236))
    draw = ImageDraw.Draw(paper)
    head = _fitting(" ".join(words(chance, language, 2)), bold, 580)
    draw.text((320, 70), head, font=bold, fill="#222222", anchor="mm")
    lines = [head]
    for row in range(rows):
        top = 140 + row * round(size * 1.5)
        item = _fitting(" ".join(words(chance, language, chance.randint(1, 2))), font, 400)
        price = f"{chance.randint(1, 99)}.{chance.randint(10, 99)}"
        draw.text((40, top), item, font=font, fill="#2a2a2a")
        draw.text((600, top), price, font=font, fill="#2a2a2a", anchor="ra")
        lines += [item, price]
    sheet = _worn(paper, chance)
    table = _photograph(chance, (sheet.width + 260, sheet.height + 240)).filter(ImageFilter.GaussianBlur(3))
    return _finished(_laid(table, sheet, chance, tilt=5, slant=0.02), chance, blur=0.7), lines


def _meme(chance: Random, language: str) -> tuple[Image.Image, list[str]]:
    side = chance.choice((640, 800, 1080))
    image = _photograph(chance, (side, chance.choice((side, side * 3 // 4))))
    draw = ImageDraw.Draw(image)
    font = _font(language, side // 12, bold=True)
    lines = []
    for anchor in ("ma", "md"):
        for row in range(chance.randint(1, 2)):
            line = _fitting(_line(chance, language, 2, 3).upper(), font, side - 60)
            offset = 24 + row * round(side / 12 * 1.25)
            place = (side // 2, offset if anchor == "ma" else image.height - offset)
            outline = max(2, side // 160)
            draw.text(place, line, font=font, fill="white", stroke_fill="black", stroke_width=outline, anchor=anchor)
            lines.append(line)
    return image, lines


def _photo(chance: Random, language: str) -> tuple[Image.Image, list[str]]:
    """A sign, poster or label in a photograph."""
    paper, ink = chance.choice(
        (
            ("#f5f3ea", "#1b1b1b"),
            ("#14406e", "#f4f4f4"),
            ("#f1c40f", "#202020"),
            ("#7d1f1f", "#fff6e0"),
            ("#ffffff", "#b01818"),
        )
    )
    size = chance.randint(44, 72)
    font = _font(language, size, bold=chance.random() < 0.5)
    lines = [_fitting(_line(chance, language, 2, 3), font, 900) for _ in range(chance.randint(2, 5))]
    wide = round(max(font.getlength(line) for line in lines)) + 120
    sign = Image.new("RGB", (wide, 100 + len(lines) * round(size * 1.5)), paper)
    draw = ImageDraw.Draw(sign)
    for row, line in enumerate(lines):
        draw.text((wide // 2, 60 + row * round(size * 1.5)), line, font=font, fill=ink, anchor="ma")
    behind = _photograph(chance, (round(sign.width * 1.7) + 200, round(sign.height * 2.2) + 300))
    whole = _laid(behind, _worn(sign, chance), chance, tilt=8, slant=0.08)
    if max(whole.size) > 1600:
        whole.thumbnail((1600, 1600), Image.Resampling.LANCZOS)
    return _finished(whole, chance, blur=1.0), lines


def _wordless(chance: Random, language: str) -> tuple[Image.Image, list[str]]:
    wide = chance.choice((1080, 1280, 1600))
    return _photograph(chance, (wide, wide * 3 // 4)), []


_KINDS: dict[str, Callable[[Random, str], tuple[Image.Image, list[str]]]] = {
    "screenshot": _screenshot,
    "receipt": _receipt,
    "meme": _meme,
    "photo": _photo,
    "wordless": _wordless,
}


def _line(chance: Random, language: str, least: int, most: int) -> str:
    return " ".join(words(chance, language, chance.randint(least, most)))


def _fitting(line: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    while " " in line and font.getlength(line) > width:
        line = line.rsplit(" ", 1)[0]
    return line


def _worn(sheet: Image.Image, chance: Random) -> Image.Image:
    """Shade from one side to the other, as light falls on paper."""
    across = np.linspace(1.0, chance.uniform(0.6, 1.0), sheet.width)[None, :, None]
    down = np.linspace(1.0, chance.uniform(0.75, 1.0), sheet.height)[:, None, None]
    return Image.fromarray((np.asarray(sheet) * across * down).clip(0, 255).astype(np.uint8))


def _laid(behind: Image.Image, sheet: Image.Image, chance: Random, *, tilt: float, slant: float) -> Image.Image:
    """The sheet on the picture behind it, turned by up to `tilt` degrees, its corners moved by `slant` of its size."""
    wide, high = sheet.size
    corners = [(0, 0), (wide, 0), (wide, high), (0, high)]
    angle = np.radians(chance.uniform(-tilt, tilt))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = np.array([wide / 2, high / 2])
    moved = []
    for corner in corners:
        shift = np.array([chance.uniform(-slant, slant) * wide, chance.uniform(-slant, slant) * high])
        moved.append(turn @ (np.array(corner) + shift - centre) + np.array([behind.width / 2, behind.height / 2]))
    coefficients = _perspective(moved, corners)
    shape = sheet.convert("RGBA").transform(
        behind.size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC
    )
    whole = behind.convert("RGBA")
    whole.alpha_composite(shape)
    return whole.convert("RGB")


def _perspective(seen: list[np.ndarray], flat: list[tuple[int, int]]) -> list[float]:
    rows, values = [], []
    for (x, y), (u, v) in zip(seen, flat, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return [float(value) for value in np.linalg.solve(np.array(rows, float), np.array(values, float))]


def _finished(image: Image.Image, chance: Random, *, blur: float) -> Image.Image:
    soft = image.filter(ImageFilter.GaussianBlur(chance.uniform(0, blur)))
    grain = np.random.default_rng(chance.randrange(1 << 30)).normal(0, chance.uniform(1, 7), (*soft.size[::-1], 1))
    return Image.fromarray((np.asarray(soft) + grain).clip(0, 255).astype(np.uint8))


def _photograph(chance: Random, size: tuple[int, int]) -> Image.Image:
    """A piece of one of the photographs, scaled to fill `size`."""
    whole = _opened(chance.choice(photographs()))
    share = chance.uniform(0.5, 1.0)
    wide = min(whole.width * share, whole.height * share * size[0] / size[1])
    high = wide * size[1] / size[0]
    left, top = chance.uniform(0, whole.width - wide), chance.uniform(0, max(0.0, whole.height - high))
    return whole.resize(size, Image.Resampling.BICUBIC, (left, top, left + wide, min(whole.height, top + high)))


@cache
def _opened(path: Path) -> Image.Image:
    return Image.open(path).convert("RGB")


@cache
def photographs() -> tuple[Path, ...]:
    """Photographs without words that packages brought to this machine; an exit with a sentence where there are none."""
    folders = [(name, find_spec(name)) for name in ("skimage", "sklearn")]
    places = {name: Path(spec.origin).parent for name, spec in folders if spec and spec.origin}
    found = [places["skimage"] / "data" / name for name in _WORDLESS] if "skimage" in places else []
    found += [places["sklearn"] / "datasets/images/flower.jpg"] if "sklearn" in places else []
    found += sorted(Path("/usr/share/backgrounds/mate/nature").glob("*.jpg"))
    found = [path for path in found if path.exists()]
    if not found:
        raise SystemExit(
            "photographs are needed: pip install scikit-image scikit-learn, apt-get install mate-backgrounds"
        )
    return tuple(found)


@cache
def _font(language: str, size: int, *, bold: bool = False, mono: bool = False) -> ImageFont.FreeTypeFont:
    weight = "Bold" if bold else "Regular"
    if language in WITHOUT_SPACES:
        name = f"opentype/noto/NotoSansCJK-{weight}.ttc"
        return ImageFont.truetype(str(_FONTS / name), size, index=0 if language == "ja" else 2)
    if language in _NOTO and not (mono and language != "ar"):
        name = f"truetype/noto/{_NOTO[language]}-{weight}.ttf"
    elif mono:
        name = f"truetype/dejavu/DejaVuSansMono{'-Bold' if bold else ''}.ttf"
    elif bold:
        name = "truetype/open-sans/OpenSans-ExtraBold.ttf"
    else:
        name = "truetype/roboto/unhinted/RobotoTTF/Roboto-Regular.ttf"
    return ImageFont.truetype(str(_FONTS / name), size)

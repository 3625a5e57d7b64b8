"""Drawing at twice the size, the fonts, and what turns a flat drawing into a photograph."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Colour = str | tuple[int, int, int] | tuple[int, int, int, int]
Point = tuple[float, float]
SCALE = 2  # shapes of Pillow have hard edges; drawn at twice the size and reduced they are smooth

FONTS = {
    "regular": "truetype/lato/Lato-Regular.ttf",
    "bold": "truetype/lato/Lato-Bold.ttf",
    "black": "truetype/lato/Lato-Black.ttf",
    "italic": "truetype/lato/Lato-Italic.ttf",
    "phone": "truetype/roboto/unhinted/RobotoTTF/Roboto-Regular.ttf",
    "phone-medium": "truetype/roboto/unhinted/RobotoTTF/Roboto-Medium.ttf",
    "hand": "opentype/comic-neue/ComicNeue-Bold.otf",
}


@cache
def font(name: str, size: float) -> ImageFont.FreeTypeFont:
    """A font of FONTS at a size in the drawing's own pixels."""
    return ImageFont.truetype(str(Path("/usr/share/fonts") / FONTS[name]), round(size * SCALE))


class Canvas:
    """A picture of width × height pixels; every coordinate and size is in those pixels."""

    def __init__(self, width: int, height: int, background: Colour, mode: str = "RGB") -> None:
        self.size = (width, height)
        self.image = Image.new(mode, (width * SCALE, height * SCALE), background)
        self.draw = ImageDraw.Draw(self.image)

    def text(
        self, x: float, y: float, text: str, face: str, size: float, colour: Colour, anchor: str = "la", gap: float = 4
    ) -> None:
        place = (x * SCALE, y * SCALE)
        if "\n" in text:
            self.draw.multiline_text(place, text, fill=colour, font=font(face, size), spacing=gap * SCALE)
        else:
            self.draw.text(place, text, fill=colour, font=font(face, size), anchor=anchor)

    def width_of(self, text: str, face: str, size: float) -> float:
        return float(font(face, size).getlength(text)) / SCALE

    def box(self, x: float, y: float, w: float, h: float, fill: Colour, radius: float = 0) -> None:
        corners = (x * SCALE, y * SCALE, (x + w) * SCALE - 1, (y + h) * SCALE - 1)
        self.draw.rounded_rectangle(corners, radius * SCALE, fill)

    def disc(self, x: float, y: float, rx: float, ry: float, fill: Colour) -> None:
        self.draw.ellipse(((x - rx) * SCALE, (y - ry) * SCALE, (x + rx) * SCALE, (y + ry) * SCALE), fill)

    def line(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        self.draw.line([(x * SCALE, y * SCALE) for x, y in points], colour, round(width * SCALE), joint="curve")

    def shape(self, points: Sequence[Point], colour: Colour) -> None:
        self.draw.polygon([(x * SCALE, y * SCALE) for x, y in points], colour)

    def done(self) -> Image.Image:
        """The finished picture in its own size."""
        return self.image.resize(self.size, Image.Resampling.LANCZOS)


def gradient(width: int, height: int, stops: Sequence[tuple[float, tuple[int, int, int]]]) -> Image.Image:
    """A vertical gradient through (position 0–1, colour) stops."""
    at = np.linspace(0, 1, height)
    where = [position for position, _ in stops]
    columns = [np.interp(at, where, [colour[channel] for _, colour in stops]) for channel in range(3)]
    column = np.stack(columns, axis=1)[:, None, :].repeat(width, axis=1)
    return Image.fromarray(column.astype(np.uint8), "RGB")


def grain(image: Image.Image, amount: float, seed: int) -> Image.Image:
    """Sensor noise of the given standard deviation."""
    noise = np.random.default_rng(seed).normal(0, amount, (image.height, image.width, 1))
    return Image.fromarray(np.clip(np.asarray(image, np.float32) + noise, 0, 255).astype(np.uint8), "RGB")


def vignette(image: Image.Image, strength: float) -> Image.Image:
    """Darker corners, as from a small lens."""
    y, x = np.mgrid[-1 : 1 : image.height * 1j, -1 : 1 : image.width * 1j]
    light = 1 - strength * np.clip(x**2 + y**2, 0, 2)[:, :, None] / 2
    return Image.fromarray((np.asarray(image, np.float32) * light).astype(np.uint8), "RGB")


def seen_from(image: Image.Image, corners: Sequence[Point], size: tuple[int, int]) -> Image.Image:
    """The picture (with alpha) as a surface whose corners (tl, tr, br, bl) lie at these points of a photograph."""
    w, h = image.size
    rows, right = [], []
    for (x, y), (u, v) in zip(corners, ((0, 0), (w, 0), (w, h), (0, h)), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    coefficients = np.linalg.solve(np.array(rows, float), np.array(right, float))
    return image.transform(size, Image.Transform.PERSPECTIVE, coefficients.tolist(), Image.Resampling.BICUBIC)


def soft(image: Image.Image, radius: float) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(radius))


def jpeg(image: Image.Image, quality: int = 80) -> bytes:
    """The picture as WhatsApp sends pictures: JPEG without metadata."""
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=quality, optimize=True, progressive=False)
    return out.getvalue()

"""Pictures opened safely and made ready for the OCR engine."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

_LONG_SIDE = 2600
_MOST_PIXELS = 12_000_000
_SMALL_SIDE = 1000
_DARK = 110
_UNEVEN = 0.15
_BRIGHT = 226


class Unreadable(Exception):
    """Why a file cannot be read, as a clause for people (`the picture is cut off`)."""


def open_image(path: Path, *, pixels: int) -> Image.Image:
    """The picture with its header read and nothing decoded; `Unreadable` when it is none, or beyond `pixels`."""
    from PIL import Image, UnidentifiedImageError

    # The cap below is ours and has its own sentence; Pillow's would warn at one size and raise at another.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(path)
    except UnidentifiedImageError:
        raise Unreadable("the content is not a picture that can be decoded") from None
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        TypeError,
        KeyError,
        IndexError,
        OverflowError,
    ) as error:
        raise Unreadable(f"the picture cannot be opened ({_short(error)})") from None
    if image.width * image.height > pixels:
        size = f"{image.width}x{image.height}"
        image.close()
        raise Unreadable(f"the picture has {size} pixels, more than {pixels // 1_000_000} million")
    if not image.width or not image.height:
        raise Unreadable("the picture has no pixels")
    return image


def load(image: Image.Image, *, about: int | None = None) -> Image.Image:
    """The decoded picture turned as EXIF says. `about`: a JPEG may be decoded smaller, but with no side below this.

    `Unreadable` when the data is cut off or broken.
    """
    from PIL import ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if about and image.format == "JPEG":
                ratio = about / max(1, min(image.size))
                if ratio < 1:
                    image.draft(
                        image.mode,
                        (int(image.width * ratio), int(image.height * ratio)),
                    )
            image.load()
            turned = ImageOps.exif_transpose(image)
    except MemoryError:
        raise
    except Exception as error:
        # Pillow's decoders raise whatever their format's parser stumbles over; all of it is the file's fault.
        reason = _short(error)
        cut = "truncated" in reason or "end of" in reason.lower()
        raise Unreadable("the picture is cut off" if cut else f"the picture is broken ({reason})") from None
    return turned


def flatten(image: Image.Image) -> Image.Image:
    """Grayscale without transparency: what is see-through gets the background its visible part stands out from."""
    from PIL import Image

    if image.mode in ("LA", "RGBA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        alpha = rgba.getchannel("A")
        gray = rgba.convert("L")
        histogram = gray.histogram(mask=alpha.point(lambda value: 255 if value > 127 else 0))
        seen = sum(histogram)
        bright = seen > 0 and sum(i * n for i, n in enumerate(histogram)) / seen > 160
        background = Image.new("L", image.size, 0 if bright else 255)
        background.paste(gray, mask=alpha)
        return background
    if image.mode.startswith(("I", "F")):
        return _scaled_to_8_bit(image)
    return image.convert("L")


def straightened(image: Image.Image) -> Image.Image:
    """A decoded picture in grayscale, of a size that the engines read best: neither tiny nor huge."""
    return _resize(flatten(image))


def prepare(gray: Image.Image) -> tuple[Image.Image, float]:
    """The picture as Tesseract reads best: dark on light, evenly lit, level; and the angle it was turned by
    (`deskew.turned`), for whoever needs the picture as it was with every word in the same place."""
    from wa_pipeline.extract.deskew import skew, turned

    clear = _even(_dark_on_light(gray))
    angle = skew(clear)
    return turned(clear, angle), angle


def marks(gray: Image.Image, most: float = 0.4) -> Image.Image | None:
    """The brightest marks in black on white: captions are white with a dark outline. None without such marks, or where
    they take up more than `most` of the picture."""
    bright = sum(gray.histogram()[_BRIGHT:]) / (gray.width * gray.height)
    if not 0.001 < bright < most:
        return None
    return gray.point([255] * _BRIGHT + [0] * (256 - _BRIGHT))


def _dark_on_light(gray: Image.Image) -> Image.Image:
    """Inverted when most of it is dark: the engine does not see light letters in dark-mode bubbles."""
    from PIL import ImageOps

    histogram = gray.histogram()
    mostly_dark = sum(histogram[:_DARK]) > sum(histogram) / 2
    return ImageOps.invert(gray) if mostly_dark else gray


def _even(gray: Image.Image) -> Image.Image:
    """Lit evenly: one threshold for the whole picture, as the engine has it, loses the side of a page in the shade."""
    import cv2
    import numpy as np
    from PIL import Image, ImageFilter

    pixels = np.asarray(gray)
    small = gray.resize((max(1, gray.width // 8), max(1, gray.height // 8)), Image.Resampling.BOX)
    # Pillow's filters give the same and take three times as long as all the rest of making ready.
    brightest = cv2.medianBlur(cv2.dilate(np.asarray(small), np.ones((7, 7), np.uint8)), 9)
    paper = Image.fromarray(brightest).filter(ImageFilter.GaussianBlur(6))
    dark, light = np.percentile(np.asarray(paper), (5, 95))
    if light - dark < _UNEVEN * light:
        return gray
    shade = np.asarray(paper.resize(gray.size, Image.Resampling.BILINEAR))
    return Image.fromarray(cv2.divide(pixels, np.maximum(shade, 40), scale=255))


def _resize(gray: Image.Image) -> Image.Image:
    from PIL import Image

    width, height = gray.size
    longest = max(width, height)
    scale = 1.0
    if longest < _SMALL_SIDE:
        scale = 3.0 if longest < _SMALL_SIDE // 2 else 2.0
    elif min(width, height) > _LONG_SIDE // 2 and longest > _LONG_SIDE:
        # Long screenshots are narrow: only what is large both ways is a photograph with pixels to spare.
        scale = max(_LONG_SIDE / longest, _LONG_SIDE / 2 / min(width, height))
    scale = min(scale, (_MOST_PIXELS / (width * height)) ** 0.5, 32_000 / longest)
    if abs(scale - 1) < 0.01:
        return gray
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return gray.resize(size, Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BOX)


def _scaled_to_8_bit(image: Image.Image) -> Image.Image:
    import numpy as np
    from PIL import Image

    values = np.asarray(image.convert("F"))
    values = np.nan_to_num(values)
    low, high = float(values.min()), float(values.max())
    return Image.fromarray(((values - low) * (255.0 / max(high - low, 1e-9))).astype("uint8"))


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__

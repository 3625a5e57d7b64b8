"""Turning a picture taken at an angle level, by the profile its lines of text cast on the edge of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

_SIDE = 700
_WIDEST = 15.0
_WORTH_TURNING = 0.7
_CLEARLY_BETTER = 1.25


def turned(gray: Image.Image, angle: float) -> Image.Image:
    """The picture turned by `angle` degrees against the clock; as it was when that is too little to matter."""
    if abs(angle) < _WORTH_TURNING:
        return gray
    import cv2
    import numpy as np
    from PIL import Image

    wide, high = gray.size
    turn = cv2.getRotationMatrix2D(((wide - 1) / 2, (high - 1) / 2), angle, 1.0)
    along, across = abs(turn[0, 0]), abs(turn[0, 1])
    size = (int(np.ceil(wide * along + high * across)), int(np.ceil(wide * across + high * along)))
    turn[:, 2] += np.array([(size[0] - wide) / 2, (size[1] - high) / 2])
    # A third of the time Pillow's `rotate` takes.
    level = cv2.warpAffine(np.asarray(gray), turn, size, flags=cv2.INTER_CUBIC, borderValue=_edge_shade(gray))
    return Image.fromarray(level)


def skew(gray: Image.Image) -> float:
    """Degrees by which lines of text fall away to the right (negative: rise); 0.0 where no angle is clearly best."""
    import numpy as np
    from PIL import Image

    scale = _SIDE / max(gray.size)
    size = (max(1, round(gray.width * scale)), max(1, round(gray.height * scale)))
    small = np.asarray(gray.resize(size, Image.Resampling.BOX) if scale < 1 else gray, dtype=np.int16)
    if min(small.shape) < 40:
        return 0.0
    # Ink is what differs from the pixel below it: strokes do, slow shading and large dark areas do not.
    step = np.abs(np.diff(small, axis=0))
    ink = step > max(24, int(np.percentile(step, 90)))
    rows, columns = np.nonzero(ink)
    if not 200 <= len(rows) <= ink.size // 3:
        return 0.0
    coarse = np.arange(-_WIDEST, _WIDEST + 0.1, 1.0)
    scores = [_sharpness(rows, columns, float(angle)) for angle in coarse]
    around = float(coarse[int(np.argmax(scores))])
    fine = np.arange(around - 1, around + 1.01, 0.25)
    fine_scores = [_sharpness(rows, columns, float(angle)) for angle in fine]
    best = float(fine[int(np.argmax(fine_scores))])
    level_score = _sharpness(rows, columns, 0.0)
    if abs(best) >= _WIDEST or max(fine_scores) < _CLEARLY_BETTER * level_score:
        return 0.0
    return best


def _sharpness(rows: NDArray[np.intp], columns: NDArray[np.intp], angle: float) -> float:
    """How sharply the ink falls into lines when looked at along `angle`: lines and gaps make high steps."""
    import numpy as np

    shifted = rows - columns * np.tan(np.radians(angle))
    bins = np.bincount((shifted - shifted.min()).astype(np.intp))
    steps = np.diff(bins.astype(np.float64))
    return float(np.dot(steps, steps))


def _edge_shade(gray: Image.Image) -> int:
    import numpy as np

    pixels = np.asarray(gray)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return int(np.median(border))

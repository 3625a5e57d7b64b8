"""Pictures are made ready without losing a corner, and engines are asked without what only costs time."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageDraw

from wa_pipeline.extract.deskew import skew, turned
from wa_pipeline.extract.images import prepare


@pytest.mark.parametrize("angle", [-12.0, -3.5, 3.5, 12.0])
def test_a_page_at_an_angle_is_level_afterwards_with_all_its_corners(angle: float) -> None:
    page = Image.new("L", (700, 500), 230)
    draw = ImageDraw.Draw(page)
    for top in range(60, 440, 40):
        draw.rectangle((40, top, 660, top + 8), fill=20)
    for corner in ((0, 0), (690, 0), (0, 490), (690, 490)):
        draw.rectangle((*corner, corner[0] + 9, corner[1] + 9), fill=20)
    tilted = turned(page, -angle)
    assert skew(tilted) == pytest.approx(angle, abs=0.5)
    level = np.asarray(turned(tilted, angle))
    assert abs(skew(Image.fromarray(level))) <= 0.5
    # Twice turned, the page lies in the middle of more paper of its own shade.
    top, left = (level.shape[0] - 500) // 2, (level.shape[1] - 700) // 2
    assert min(top, left) > 0
    assert level[:5].min() > 200
    inside = level[top : top + 500, left : left + 700]
    for corner in (inside[:10, :10], inside[:10, -10:], inside[-10:, :10], inside[-10:, -10:]):
        assert corner.mean() < 60


def test_what_is_almost_level_is_left_as_it_is() -> None:
    page = Image.new("L", (700, 500), 230)
    assert turned(page, 0.5) is page


def test_a_page_half_in_the_shade_is_as_bright_on_either_side() -> None:
    page = np.full((400, 800), 220, np.uint8)
    page[:, 100:110] = page[:, 700:710] = 30
    shaded = (page * np.linspace(1.0, 0.4, 800)[None, :]).astype(np.uint8)
    even = np.asarray(prepare(Image.fromarray(shaded))[0])
    paper, ink = even[:, (60, 740)], even[:, (105, 705)]
    assert paper.min() > 225
    assert ink.max() < 60


NEXT_TO_NOTHING = """
import numpy
from wa_pipeline.extract.rapid import Rapid
denormal = numpy.full(8, 1e-20, numpy.float32) * numpy.float32(1e-20)
assert (denormal > 0).all(), "this machine knows no denormal numbers"
Rapid().find(numpy.full((64, 64), 255, numpy.uint8))
print((numpy.full(8, 1e-20, numpy.float32) * numpy.float32(1e-20)).max())
"""


def test_lines_are_looked_for_without_denormal_numbers() -> None:
    """They triple the time; that they are off shows in all that the thread computes."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", NEXT_TO_NOTHING], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) == 0.0

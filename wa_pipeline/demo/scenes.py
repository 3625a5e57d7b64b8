"""Pictures without paper: snowdrops, the harbour at dawn, the sign at the gate, the leek, the sticker, the spam."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from wa_pipeline.demo.canvas import Canvas, font, gradient, grain, jpeg, seen_from, soft, vignette

GARDEN = [(0.0, (196, 214, 190)), (0.45, (122, 152, 98)), (1.0, (52, 74, 44))]
DAWN = [(0.0, (44, 58, 104)), (0.3, (142, 96, 140)), (0.48, (240, 146, 110)), (0.58, (255, 206, 138))]
WATER = [(0.0, (246, 186, 130)), (0.25, (176, 112, 132)), (1.0, (30, 42, 82))]


def _leaf_blur(size: tuple[int, int], seed: int, colours: Sequence[tuple[int, int, int]]) -> Image.Image:
    """An out-of-focus hedge: big soft discs over a gradient."""
    rng = np.random.default_rng(seed)
    image = gradient(*size, GARDEN)
    layer = Image.new("RGBA", size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    for _ in range(90):
        x, y, r = rng.uniform(0, size[0]), rng.uniform(0, size[1]), rng.uniform(18, 70)
        colour = colours[int(rng.integers(len(colours)))]
        draw.ellipse((x - r, y - r, x + r, y + r), fill=(*colour, int(rng.integers(26, 90))))
    image.paste(layer, (0, 0), layer)
    return soft(image, 9)


def snowdrops() -> Image.Image:
    """A clump of snowdrops in front of a blurred hedge."""
    size = (900, 640)
    image = _leaf_blur(size, 3, [(214, 226, 170), (92, 130, 70), (240, 240, 214), (60, 92, 56)])
    flowers = Image.new("RGBA", (size[0] * 2, size[1] * 2), (0, 0, 0, 0))
    draw = ImageDraw.Draw(flowers)
    rng = np.random.default_rng(8)
    for x in sorted(rng.uniform(150, 760, 13)):
        top, lean = rng.uniform(150, 330), rng.uniform(-70, 70)
        _snowdrop(draw, float(x), float(top), float(lean), float(rng.uniform(0.8, 1.25)))
    flowers = flowers.resize(size, Image.Resampling.LANCZOS)
    image.paste(flowers, (0, 0), flowers)
    ground = Image.new("RGBA", size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(ground)
    for _ in range(260):
        x, y = rng.uniform(-20, 920), rng.uniform(560, 660)
        w = rng.uniform(14, 50)
        tone = int(rng.integers(30, 78))
        draw.ellipse((x, y, x + w, y + w / 2.5), fill=(tone + 18, tone + 4, tone // 2, 235))
    ground = soft(ground, 1.2)
    image.paste(ground, (0, 0), ground)
    return grain(vignette(image, 0.42), 4, seed=3)


def _snowdrop(draw: ImageDraw.ImageDraw, x: float, top: float, lean: float, grow: float) -> None:
    x, top, lean = x * 2, top * 2, lean * 2
    foot = 1240.0
    stem = [(x + lean * t * t, foot + (top - foot) * t) for t in np.linspace(0, 1, 30)]
    for side in (-1, 1):
        blade = [(x + side * (10 + 90 * t * t) * grow, foot - 420 * grow * t) for t in np.linspace(0, 1, 16)]
        draw.line(blade, (74, 116, 66, 255), round(20 * grow), joint="curve")
    draw.line(stem, (98, 146, 82, 255), round(9 * grow), joint="curve")
    head_x, head_y = stem[-1][0] + 26 * grow, stem[-1][1] + 14 * grow
    draw.line([stem[-1], (head_x, head_y)], (98, 146, 82, 255), round(8 * grow))
    draw.ellipse((head_x - 15 * grow, head_y - 12 * grow, head_x + 15 * grow, head_y + 26 * grow), (112, 156, 84, 255))
    for side in (-1, 1, 0):
        tip_x, tip_y = head_x + side * 46 * grow, head_y + (150 if side == 0 else 128) * grow
        wide = 30 * grow
        shade = 255 if side == 0 else 236
        petal = []
        for t in np.linspace(0, np.pi, 15):
            along = (1 - np.cos(t)) / 2
            petal.append((head_x + (tip_x - head_x) * along - wide * np.sin(t), head_y + (tip_y - head_y) * along))
        for t in np.linspace(np.pi, 0, 15):
            along = (1 - np.cos(t)) / 2
            petal.append((head_x + (tip_x - head_x) * along + wide * np.sin(t), head_y + (tip_y - head_y) * along))
        draw.polygon(petal, (shade, shade, shade - 4, 255))
    mark = (head_x - 9 * grow, head_y + 118 * grow, head_x + 9 * grow, head_y + 138 * grow)
    draw.arc(mark, 180, 360, (108, 150, 80, 255), round(6 * grow))


def harbour(phase: float = 0.0, size: tuple[int, int] = (900, 600)) -> Image.Image:
    """Dawn over the water with a boat in it; phase (0–1) moves boat and ripples, for the film."""
    w, h = size
    horizon = round(h * 0.56)
    image = Image.new("RGB", size)
    image.paste(gradient(w, horizon, [(at / 0.58, colour) for at, colour in DAWN]), (0, 0))
    image.paste(gradient(w, h - horizon, WATER), (0, horizon))
    sun = Image.new("L", size, 0)
    cx, r = w * 0.64, h * 0.085
    ImageDraw.Draw(sun).ellipse((cx - 3 * r, horizon - 4.2 * r, cx + 3 * r, horizon + 1.8 * r), fill=80)
    sun = soft(sun, r)
    image.paste((255, 226, 168), (0, 0), sun)
    draw = ImageDraw.Draw(image, "RGBA")
    draw.pieslice((cx - r, horizon - 1.5 * r, cx + r, horizon + 0.5 * r), 0, 360, (255, 240, 200, 255))
    image.paste(gradient(w, h - horizon, WATER), (0, horizon))
    rng = np.random.default_rng(21)
    draw = ImageDraw.Draw(image, "RGBA")
    for _ in range(230):
        depth = rng.uniform(0, 1) ** 1.6
        y = horizon + depth * (h - horizon)
        spread = w * (0.05 + 0.16 * depth)
        x = cx + rng.normal(0, 1) * spread + np.sin(2 * np.pi * (phase + depth * 3)) * (2 + 12 * depth)
        length = (6 + 60 * depth) * rng.uniform(0.5, 1.2) * w / 900
        draw.line((x - length, y, x + length, y), (255, 224, 170, int(150 - 100 * depth)), max(1, round(3 * depth)))
    _hills(draw, w, horizon)
    _boat(draw, w * (0.2 + 0.22 * phase), horizon + (h - horizon) * 0.42, w / 900, phase)
    return image


def _hills(draw: ImageDraw.ImageDraw, w: int, horizon: int) -> None:
    for height, colour, seed in ((0.16, (86, 74, 118, 255), 1), (0.09, (52, 50, 88, 255), 4)):
        x = np.linspace(0, w, 60)
        ridge = horizon - horizon * height * (0.55 + 0.45 * np.sin(x / w * 5.2 + seed) * np.cos(x / w * 2.3 + seed * 2))
        draw.polygon([(0, horizon), *zip(x.tolist(), ridge.tolist(), strict=True), (w, horizon)], colour)


def _boat(draw: ImageDraw.ImageDraw, x: float, y: float, scale: float, phase: float) -> None:
    dark = (18, 22, 44, 255)
    hull = [(-150, 0), (170, 0), (128, 15), (-118, 15)]
    draw.polygon([(x + a * scale, y + b * scale) for a, b in hull], dark)
    swing = 26 * np.sin(2 * np.pi * phase * 4)
    for seat in (-84, -18, 48):
        px = x + (seat + swing * 0.3) * scale
        draw.ellipse((px - 9 * scale, y - 52 * scale, px + 9 * scale, y - 34 * scale), dark)
        torso = [(px - 13 * scale, y), (px - 8 * scale, y - 35 * scale), (px + 8 * scale, y - 35 * scale)]
        draw.polygon([*torso, (px + 15 * scale, y)], dark)
        blade = (px + (64 + swing) * scale, y + 40 * scale)
        draw.line((px, y - 16 * scale, *blade), dark, max(1, round(4 * scale)))


def gate_sign() -> Image.Image:
    """A wooden sign photographed from the side with a shaking hand; `hedgehogs` is written nowhere else."""
    size = (1000, 780)
    board = _board()
    photo = _leaf_blur(size, 14, [(168, 190, 120), (70, 102, 58), (216, 220, 180), (50, 76, 50)])
    draw = ImageDraw.Draw(photo)
    for x in (226, 776):
        draw.polygon([(x - 26, 100), (x + 26, 96), (x + 34, 790), (x - 34, 790)], (92, 72, 52))
        draw.polygon([(x - 26, 100), (x - 10, 99), (x - 16, 790), (x - 34, 790)], (120, 96, 70))
    corners = ((112, 150), (868, 218), (880, 620), (104, 570))
    shadow = Image.new("L", board.size, 255)
    shadow = soft(seen_from(shadow, [(x + 12, y + 18) for x, y in corners], size), 12).point(lambda v: v * 0.55)
    photo.paste((16, 22, 14), (0, 0), shadow)
    placed = seen_from(board, corners, size)
    photo.paste(placed, (0, 0), placed)
    glare = Image.new("L", size, 0)
    ImageDraw.Draw(glare).polygon([(520, 0), (700, 0), (420, 780), (200, 780)], fill=34)
    photo.paste((255, 250, 226), (0, 0), soft(glare, 60))
    return grain(vignette(soft(photo, 0.7), 0.36), 8, seed=2)


def _board() -> Image.Image:
    w, h = 1500, 780
    rng = np.random.default_rng(6)
    rows = np.cumsum(rng.normal(0, 1, h))
    rows = (rows - rows.mean()) / (rows.std() + 1e-9)
    wobble = np.sin(np.linspace(0, 7, w))[None, :] * 5
    at = np.clip(np.arange(h)[:, None] + wobble, 0, h - 1).astype(int)
    tone = 1 + 0.055 * rows[at] + rng.normal(0, 0.02, (h, w))
    wood = np.clip(np.array([206, 168, 116])[None, None, :] * tone[:, :, None], 0, 255).astype(np.uint8)
    board = Image.fromarray(wood, "RGB").convert("RGBA")
    draw = ImageDraw.Draw(board)
    for y in (258, 520):
        draw.line((0, y, w, y), (112, 84, 52, 255), 5)
    for x, y in ((60, 60), (w - 60, 60), (60, h - 60), (w - 60, h - 60)):
        draw.ellipse((x - 17, y - 17, x + 17, y + 17), (78, 70, 60, 255))
        draw.line((x - 10, y - 10, x + 10, y + 10), (150, 142, 130, 255), 4)
    burnt = (46, 26, 14, 255)
    for y, text, size in (
        (140, "PLEASE CLOSE THE GATE", 51),
        (390, "HEDGEHOGS", 98),
        (640, "LIVE HERE · THANK YOU", 51),
    ):
        draw.text((w / 2, y), text, fill=burnt, font=font("black", size), anchor="mm")
    return board


def leek() -> Image.Image:
    """A very large leek; what of it arrives is cut off in the middle."""
    c = Canvas(800, 600, "#8fb4cf")
    c.box(0, 400, 800, 200, "#6d5233")
    for x in range(0, 800, 40):
        c.disc(x + 20, 404 + (x * 7 % 13), 34, 14, "#7a5d3b")
    for lean, tone in ((-210, "#3f7a3c"), (200, "#4b8a45"), (-90, "#579a4e"), (96, "#3f7a3c")):
        c.shape([(380, 330), (420, 330), (410 + lean, 20), (380 + lean, 34)], tone)
    c.box(364, 250, 72, 210, "#f2f3e2", 26)
    c.box(364, 230, 72, 60, "#b8d29a", 22)
    return grain(c.done(), 6, seed=30)


def truncated(picture: bytes) -> bytes:
    """A JPEG whose download broke off at 55 %."""
    return picture[: len(picture) * 55 // 100]


def spam() -> Image.Image:
    """What the blocked sender sends; nothing of it may reach the archive."""
    c = Canvas(640, 400, "#f7d417")
    c.shape([(0, 0), (640, 0), (640, 120), (0, 210)], "#d4191c")
    c.text(320, 76, "EASY MONEY!!!", "black", 66, "#ffffff", "mm")
    c.text(320, 240, "£900 A DAY", "black", 84, "#d4191c", "mm")
    c.text(320, 330, "from your sofa, guaranteed*", "bold", 34, "#1a1a1a", "mm")
    c.text(320, 380, "*nothing is guaranteed", "regular", 14, "#1a1a1a", "mm")
    return c.done()


def radish() -> bytes:
    """A sticker of 512 × 512 pixels as WebP with transparency."""
    c = Canvas(512, 512, (0, 0, 0, 0), "RGBA")
    for grow, white in ((14, True), (0, False)):
        outline = "#ffffff"
        leaf, dark, body = (outline, outline, outline) if white else ("#67b04b", "#4d9136", "#e0436f")
        for x, lean, colour in ((200, -90, dark), (312, 90, dark), (256, 0, leaf)):
            c.disc(x + lean * 0.35, 116, 44 + grow, 92 + grow, colour)
        c.disc(256, 300, 138 + grow, 132 + grow, body)
        c.shape([(180 - grow, 390), (332 + grow, 390), (262, 500 + grow / 2)], outline if white else "#f6dbe4")
    c.disc(256, 372, 92, 52, "#eb7f9f")
    c.disc(208, 250, 30, 38, "#f08cab")
    for x in (206, 306):
        c.disc(x, 300, 15, 19, "#2b1a22")
        c.disc(x + 5, 292, 5, 6, "#ffffff")
    c.disc(172, 338, 18, 11, "#f7a9bf")
    c.disc(340, 338, 18, 11, "#f7a9bf")
    smile = [(256 + 30 * float(np.cos(t)), 326 + 22 * float(np.sin(t))) for t in np.linspace(0.25, np.pi - 0.25, 20)]
    c.line(smile, "#2b1a22", 7)
    out = io.BytesIO()
    c.done().save(out, "WEBP", quality=82, method=6)
    return out.getvalue()


def groan(phase: float) -> Image.Image:
    """A frame of the groaning rower, 240 × 240; phase 0–1."""
    c = Canvas(240, 240, "#ffe08a")
    droop = 14 * float(np.sin(np.pi * phase))
    c.disc(120, 124 + droop, 78, 78 - droop / 2, "#ffc23d")
    for x in (92, 148):
        c.disc(x, 108 + droop, 13, 5, "#4a3510")
        c.line([(x - 18, 88 + droop), (x + 18, 84 + droop * 0.6)], "#4a3510", 6)
    c.disc(120, 156 + droop, 18 + droop, 8 + droop, "#4a3510")
    return c.done().filter(ImageFilter.SMOOTH)


def photographs() -> dict[str, bytes]:
    """Every picture of this module as the phones send them, by workshop name."""
    return {
        "snowdrops.jpg": jpeg(snowdrops(), 78),
        "harbour.jpg": jpeg(grain(vignette(harbour(0.2), 0.25), 3, seed=9), 78),
        "gate_sign.jpg": jpeg(gate_sign(), 74),
        "harvest_broken.jpg": truncated(jpeg(leek(), 72)),
        "spam.jpg": jpeg(spam(), 70),
        "radish.webp": radish(),
    }

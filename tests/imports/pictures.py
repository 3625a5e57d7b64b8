"""Small pictures."""

from __future__ import annotations

import io

from PIL import Image


def png(colour: str = "red", size: tuple[int, int] = (40, 30)) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size, colour).save(data, "PNG")
    return data.getvalue()

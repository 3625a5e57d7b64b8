"""Files for the tests, made on the spot: pictures with words, sounds, videos, documents, and the hostile ones."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from wa_pipeline.extract.results import DOCX as DOCX

DATA = Path(__file__).parent / "data"
ENGLISH, GERMAN = DATA / "en.opus", DATA / "de.opus"
LINES = ("The ferry leaves from", "harbour seven at noon", "Tickets cost 23.90 EUR", "Please bring umbrellas")


def picture(
    lines: tuple[str, ...] = LINES, *, paper: str = "#f4f1ea", ink: str = "#1a1a1a", size: int = 34
) -> Image.Image:
    image = Image.new("RGB", (900, 90 + 70 * len(lines)), paper)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((60, 50 + 70 * number), line, font=ImageFont.load_default(size=size), fill=ink)
    return image


def dark_screenshot(lines: tuple[str, ...] = LINES) -> Image.Image:
    image = Image.new("RGB", (900, 100 + 150 * len(lines)), "#0b141a")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        top, bubble = 50 + 150 * number, ("#202c33", "#005c4b")[number % 2]
        draw.rounded_rectangle((60, top, 700, top + 100), 28, fill=bubble)
        draw.text((100, top + 28), line, font=ImageFont.load_default(size=36), fill="#e9edef")
    return image


def tilted_photo(degrees: float) -> Image.Image:
    sheet = picture(LINES + LINES)
    desk = Image.new("RGB", (1300, 1000), "#6b5a48")
    turned = sheet.convert("RGBA").rotate(degrees, expand=True, resample=Image.Resampling.BICUBIC)
    desk.paste(turned, ((desk.width - turned.width) // 2, (desk.height - turned.height) // 2), turned)
    grain = np.random.default_rng(7).normal(0, 6, (desk.height, desk.width, 1))
    return Image.fromarray((np.asarray(desk) + grain).clip(0, 255).astype(np.uint8))


def caption(words: str) -> Image.Image:
    """White letters with a dark outline over colours, as memes have them."""
    image = Image.new("RGB", (512, 512), (90, 150, 60))
    draw = ImageDraw.Draw(image)
    draw.ellipse((60, 60, 450, 450), fill=(230, 180, 40))
    font = ImageFont.load_default(size=48)
    draw.text((256, 256), words, font=font, fill="white", stroke_fill="black", stroke_width=4, anchor="mm")
    return image


def landscape() -> Image.Image:
    """Colours and grain without a word."""
    chance = np.random.default_rng(3)
    rough = Image.fromarray(chance.normal(128, 50, (24, 32, 3)).clip(0, 255).astype(np.uint8))
    smooth = np.asarray(rough.resize((1024, 768), Image.Resampling.BICUBIC))
    return Image.fromarray((smooth + chance.normal(0, 12, smooth.shape)).clip(0, 255).astype(np.uint8))


def sound(path: Path, samples: np.ndarray, codec: str = "pcm_s16le", rate: int = 16_000) -> Path:
    """Mono samples (-1..1) as a sound file of the kind its name says."""
    with av.open(str(path), "w") as target:
        stream = target.add_stream(codec, rate=rate)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray((samples * 32767).astype(np.int16).reshape(1, -1), "s16", "mono")
        frame.sample_rate = rate
        for piece in [*av.AudioResampler(stream.format.name, "mono", rate).resample(frame), None]:
            target.mux(stream.encode(piece))
    return path


def video(path: Path, *, seconds: float = 2, size: tuple[int, int] = (64, 48), spoken: Path | None = None) -> Path:
    """A video of plain colour, with the sound of `spoken` if given."""
    with av.open(str(path), "w") as target:
        stream = target.add_stream("mpeg4", rate=10)
        stream.width, stream.height = size
        track = target.add_stream("aac", rate=48_000) if spoken else None
        for _ in range(round(seconds * 10)):
            frame = av.VideoFrame.from_ndarray(np.full((size[1], size[0], 3), 90, np.uint8), "rgb24")
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
        if track is not None and spoken is not None:
            resampler = av.AudioResampler("fltp", "stereo", 48_000, frame_size=1024)
            with av.open(str(spoken)) as source:
                for heard in [*source.decode(audio=0), None]:
                    for piece in resampler.resample(heard):
                        target.mux(track.encode(piece))
            target.mux(track.encode(None))
    return path


def slides(path: Path, *shown: Image.Image) -> Path:
    """A video that shows each picture for two seconds."""
    with av.open(str(path), "w") as target:
        stream = target.add_stream("mpeg4", rate=10)
        stream.width, stream.height = shown[0].width // 2 * 2, shown[0].height // 2 * 2
        stream.bit_rate, stream.pix_fmt = 8_000_000, "yuv420p"
        for picture in shown:
            for _ in range(20):
                resized = picture.convert("RGB").resize((stream.width, stream.height))
                target.mux(stream.encode(av.VideoFrame.from_image(resized)))
        target.mux(stream.encode(None))
    return path


def pdf(path: Path, *pages: Image.Image | str) -> Path:
    """A PDF with pages of text, or of a picture alone as a scanner makes them."""
    objects: list[bytes] = [b"", b""]
    kids: list[int] = []
    for page in pages:
        if isinstance(page, str):
            content = f"BT /F 14 Tf 60 700 Td ({page}) Tj ET".encode("latin-1")
            resources = b"<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
        else:
            gray = page.convert("L")
            data = zlib.compress(gray.tobytes())
            head = f"<</Type/XObject/Subtype/Image/Width {gray.width}/Height {gray.height}/ColorSpace/DeviceGray"
            head += f"/BitsPerComponent 8/Filter/FlateDecode/Length {len(data)}>>"
            objects.append(head.encode() + b"stream\n" + data + b"\nendstream")
            content = f"q 500 0 0 {500 * gray.height // gray.width} 50 300 cm /I Do Q".encode()
            resources = f"<</XObject<</I {len(objects)} 0 R>>>>".encode()
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(content), content))
        body = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {len(objects)} 0 R/Resources ".encode()
        objects.append(body + resources + b">>")
        kids.append(len(objects))
    objects[0] = b"<</Type/Catalog/Pages 2 0 R>>"
    listed = " ".join(f"{kid} 0 R" for kid in kids)
    objects[1] = f"<</Type/Pages/Count {len(kids)}/Kids[{listed}]>>".encode()
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, data in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj" % number + data + b"endobj\n"
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer<</Size %d/Root 1 0 R>>startxref\n%d\n%%%%EOF" % (len(objects) + 1, table)
    path.write_bytes(out)
    return path


def pixel_bomb(path: Path, side: int = 60_000) -> Path:
    """A PNG of a few hundred bytes whose header promises side x side pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(10_000))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
    return path


def docx(path: Path, *paragraphs: str, table: tuple[tuple[str, ...], ...] = ()) -> Path:
    from docx import Document

    document = Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    if table:
        grid = document.add_table(len(table), len(table[0]))
        for row, cells in zip(grid.rows, table, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    document.save(str(path))
    return path


def docx_bomb(path: Path, megabytes: int = 400) -> Path:
    """A docx whose text unpacks to hundreds of megabytes."""
    docx(path, "harmless")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("word/more.xml", "w") as member:
        for _ in range(megabytes):
            member.write(bytes(1_000_000))
    return path


def cut(source: Path, path: Path, part: float = 0.5) -> Path:
    """The first part of a file."""
    data = source.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    return path

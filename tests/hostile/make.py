"""Every bad export a user can hand us, built on the spot in a folder: `make_all(folder)`, or one builder at a time.

Each builder writes one file and says what is wrong with it. Nothing big is really written: the bomb is a
well compressed one and the two-gigabyte member is a hole in a sparse file.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TITLE = "Kiln Lane Choir"
STAMP = (2024, 4, 20, 9, 0, 0)
CHAT_NAME = f"WhatsApp Chat with {TITLE}.txt"
TWO_GIB = 2**31
CRC_OF_TWO_GIB_AND_1K_OF_ZEROS = 0xE34C4A96
BOMB_BYTES = 320 * 1024 * 1024

CHAT = """\
20/04/2024, 18:00 - Messages and calls are end-to-end encrypted. Only people in this chat can read, \
listen to, or share them.
20/04/2024, 18:01 - Ines Marlow: Rehearsal moves to the chapel on the 27th, bring a jumper
20/04/2024, 18:02 - Tobias Wren: Will do. Is the grüne Mappe still with you, Ines?
20/04/2024, 18:04 - Ines Marlow: Yes, in the piano stool
27/04/2024, 17:45 - Tobias Wren: Door is open, kettle is on
"""


@dataclass(frozen=True)
class BadExport:
    """One bad file: what it is called here, where it lies, and how an import of it ought to end.

    `refused`: the import must end in one sentence naming the file, with nothing written. Otherwise the file is
    good but for the thing it lacks: a time zone (`tz` None: refused until one is given) or a media file.
    """

    case: str
    path: Path
    refused: bool
    tz: str | None = "Europe/London"
    messages: int = 0
    missing_media: tuple[str, ...] = ()


def _member(archive: zipfile.ZipFile, name: str, data: bytes, mode: int = 0o100644) -> None:
    info = zipfile.ZipInfo(name, STAMP)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = mode << 16
    archive.writestr(info, data)


def _zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            _member(archive, name, data)
    return path


def not_a_zip(folder: Path) -> BadExport:
    """A web page saved under the name of an export."""
    path = folder / "not a zip.zip"
    path.write_bytes(b"<!doctype html><title>Sign in</title><p>Please sign in to download this file.</p>")
    return BadExport("not_a_zip", path, refused=True)


def truncated_zip(folder: Path) -> BadExport:
    """A download that broke off: the directory at the end is missing."""
    path = _zip(
        folder / "truncated.zip",
        {CHAT_NAME: CHAT.encode(), "IMG-20240420-WA0001.jpg": bytes(range(256)) * 64},
    )
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    return BadExport("truncated_zip", path, refused=True)


def damaged_zip(folder: Path) -> BadExport:
    """A zip whose directory is fine and whose chat has flipped bytes: found only while reading."""
    path = folder / "damaged.zip"
    lines = CHAT.encode() + b"".join(
        b"27/04/2024, 18:%02d - Ines Marlow: verse %d of the long one\n" % (n // 60, n) for n in range(3000)
    )
    _zip(path, {CHAT_NAME: lines})
    whole = bytearray(path.read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + 64] = bytes(byte ^ 0x5A for byte in whole[middle : middle + 64])
    path.write_bytes(whole)
    return BadExport("damaged_zip", path, refused=True)


def _bomb(path: Path) -> Path:
    info = zipfile.ZipInfo(CHAT_NAME, STAMP)
    info.compress_type = zipfile.ZIP_DEFLATED
    block = b"a" * (1 << 20)
    with zipfile.ZipFile(path, "w") as archive, archive.open(info, "w") as out:
        out.write(b"20/04/2024, 18:01 - Ines Marlow: ")
        for _ in range(BOMB_BYTES // len(block)):
            out.write(block)
    return path


def zip_bomb(folder: Path) -> BadExport:
    """A chat of one message which unpacks to 320 MiB from 320 KiB."""
    return BadExport("zip_bomb", _bomb(folder / "bomb.zip"), refused=True)


def lying_size(folder: Path) -> BadExport:
    """A bomb that declares 1 KiB in its directory and unpacks to 320 MiB."""
    path = _bomb(folder / "lying size.zip")
    whole = bytearray(path.read_bytes())
    struct.pack_into("<I", whole, whole.rindex(b"PK\x01\x02") + 24, 1024)
    path.write_bytes(whole)
    return BadExport("lying_size", path, refused=True)


def path_traversal(folder: Path) -> BadExport:
    """A member that wants to be unpacked two folders up."""
    path = _zip(
        folder / "traversal.zip",
        {CHAT_NAME: CHAT.encode(), "../../escaped.jpg": b"\xff\xd8\xff"},
    )
    return BadExport("path_traversal", path, refused=True)


def absolute_path(folder: Path) -> BadExport:
    """A member with an absolute name."""
    path = _zip(
        folder / "absolute.zip",
        {CHAT_NAME: CHAT.encode(), "/etc/escaped.jpg": b"\xff\xd8\xff"},
    )
    return BadExport("absolute_path", path, refused=True)


def backslash_traversal(folder: Path) -> BadExport:
    """The same, as Windows would spell it."""
    path = _zip(
        folder / "backslash.zip",
        {CHAT_NAME: CHAT.encode(), "..\\..\\escaped.jpg": b"\xff\xd8\xff"},
    )
    return BadExport("backslash_traversal", path, refused=True)


def symlink(folder: Path) -> BadExport:
    """A picture that is a symbolic link to a file of the machine."""
    path = folder / "symlink.zip"
    with zipfile.ZipFile(path, "w") as archive:
        _member(
            archive,
            CHAT_NAME,
            CHAT.encode() + b"27/04/2024, 18:00 - Ines Marlow: a.jpg (file attached)\n",
        )
        _member(archive, "a.jpg", b"/etc/passwd", mode=stat.S_IFLNK | 0o777)
    return BadExport("symlink", path, refused=True)


def two_chats(folder: Path) -> BadExport:
    """Two chats in one zip: which one is meant cannot be known."""
    path = _zip(
        folder / "two chats.zip",
        {CHAT_NAME: CHAT.encode(), "WhatsApp Chat with Tobias.txt": CHAT.encode()},
    )
    return BadExport("two_chats", path, refused=True)


def no_chat(folder: Path) -> BadExport:
    """A zip of holiday pictures."""
    path = _zip(
        folder / "no chat.zip",
        {"IMG_0001.jpg": b"\xff\xd8\xff\xe0" * 20, "IMG_0002.jpg": b"\xff\xd8\xff" * 9},
    )
    return BadExport("no_chat", path, refused=True)


def not_a_chat(folder: Path) -> BadExport:
    """A text file in good UTF-8 with no message in it."""
    path = folder / "shopping list.txt"
    path.write_text("Shopping\n- candles\n- lozenges\n- 12 x manuscript paper\n", encoding="utf-8")
    return BadExport("not_a_chat", path, refused=True)


def empty_zip(folder: Path) -> BadExport:
    """0 bytes, named .zip."""
    path = folder / "empty.zip"
    path.write_bytes(b"")
    return BadExport("empty_zip", path, refused=True)


def empty_text(folder: Path) -> BadExport:
    """0 bytes, named .txt."""
    path = folder / "empty.txt"
    path.write_bytes(b"")
    return BadExport("empty_text", path, refused=True)


def empty_chat(folder: Path) -> BadExport:
    """A zip whose chat has 0 bytes."""
    return BadExport("empty_chat", _zip(folder / "empty chat.zip", {CHAT_NAME: b""}), refused=True)


def latin1(folder: Path) -> BadExport:
    """A chat somebody saved again in Latin-1: its ü is no UTF-8."""
    path = folder / f"{TITLE} latin1.txt"
    path.write_bytes(CHAT.encode("latin-1"))
    return BadExport("latin1", path, refused=True)


def utf16_without_bom(folder: Path) -> BadExport:
    """UTF-16 with nothing at the front that says so."""
    path = folder / f"{TITLE} utf16.txt"
    path.write_bytes(CHAT.encode("utf-16-le"))
    return BadExport("utf16_without_bom", path, refused=True)


def binary(folder: Path) -> BadExport:
    """Compressed bytes under the name of a chat."""
    path = folder / f"{TITLE} binary.txt"
    path.write_bytes(zlib.compress(CHAT.encode() * 40, 9))
    return BadExport("binary", path, refused=True)


def encrypted(folder: Path) -> BadExport:
    """A zip that says it needs a password."""
    path = _zip(folder / "encrypted.zip", {CHAT_NAME: CHAT.encode()})
    whole = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        whole[whole.index(signature) + offset] |= 1
    path.write_bytes(whole)
    return BadExport("encrypted", path, refused=True)


def two_gigabyte_member(folder: Path) -> BadExport:
    """A video of 2 GiB and 1 KiB, stored; all zeros, so a sparse file holds it in a few kilobytes."""
    path = folder / "huge member.zip"
    name, size = b"VID-20240420-WA0009.mp4", TWO_GIB + 1024
    _zip(
        path,
        {CHAT_NAME: CHAT.encode() + b"27/04/2024, 18:00 - Ines Marlow: " + name + b" (file attached)\n"},
    )
    with zipfile.ZipFile(path) as archive:
        directory_at = archive.start_dir
    whole = path.read_bytes()
    chat_entry = whole[directory_at : whole.rindex(b"PK\x05\x06")]
    common = struct.pack(
        "<HHHHHIIIHH",
        20,
        0,
        0,
        0,
        0x5894,
        CRC_OF_TWO_GIB_AND_1K_OF_ZEROS,
        size,
        size,
        len(name),
        0,
    )
    video_at = directory_at
    attributes = struct.pack("<HHHII", 0, 0, 0, 0o100644 << 16, video_at)
    video_entry = b"PK\x01\x02" + struct.pack("<H", 20) + common + attributes
    directory = chat_entry + video_entry + name
    with path.open("r+b") as out:
        out.truncate(video_at)
        out.seek(video_at)
        out.write(b"PK\x03\x04" + common + name)
        directory_at = out.tell() + size
        out.seek(directory_at)
        out.write(directory)
        out.write(struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 2, 2, len(directory), directory_at, 0))
    return BadExport("two_gigabyte_member", path, refused=True)


def ambiguous_dates(folder: Path) -> BadExport:
    """Every day and month below 13 and all on one date: nothing in the file tells them apart."""
    path = folder / "WhatsApp Chat with Ambiguous.txt"
    path.write_text(
        "03/04/2024, 18:01 - Ines Marlow: Third of April or fourth of March?\n"
        "03/04/2024, 18:02 - Tobias Wren: Nobody can tell\n",
        encoding="utf-8",
    )
    return BadExport("ambiguous_dates", path, refused=True)


def without_time_zone(folder: Path) -> BadExport:
    """A good export for which nobody has said where its clock hung."""
    path = _zip(folder / f"WhatsApp Chat with {TITLE}.zip", {CHAT_NAME: CHAT.encode()})
    return BadExport("without_time_zone", path, refused=True, tz=None, messages=5)


def missing_media(folder: Path) -> BadExport:
    """A good export that names a picture which is not in the zip: imported, and the name is reported."""
    name = "IMG-20240427-WA0003.jpg"
    title = "Kiln Lane Altos"
    line = f"27/04/2024, 18:00 - Ines Marlow: {name} (file attached)\n"
    path = _zip(
        folder / f"WhatsApp Chat with {title}.zip",
        {f"WhatsApp Chat with {title}.txt": (CHAT + line).encode()},
    )
    return BadExport("missing_media", path, refused=False, messages=6, missing_media=(name,))


BUILDERS: tuple[Callable[[Path], BadExport], ...] = (
    not_a_zip,
    truncated_zip,
    damaged_zip,
    zip_bomb,
    lying_size,
    path_traversal,
    absolute_path,
    backslash_traversal,
    symlink,
    two_chats,
    no_chat,
    not_a_chat,
    empty_zip,
    empty_text,
    empty_chat,
    latin1,
    utf16_without_bom,
    binary,
    encrypted,
    two_gigabyte_member,
    ambiguous_dates,
    without_time_zone,
    missing_media,
)


def make_all(folder: Path) -> list[BadExport]:
    """Every bad export, each its own file in the folder (about 3 s, 2 MB on disk)."""
    folder.mkdir(parents=True, exist_ok=True)
    return [build(folder) for build in BUILDERS]

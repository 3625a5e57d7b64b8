"""Bytes to blocks of text, each beginning where a message begins, in memory that does not grow with the file."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

from wa_pipeline.errors import ExportMessageTooLong, ExportWrongEncoding
from wa_pipeline.whatsapp.exports.layout import Layout, learn_layout

BLOCK: Final = 64 * 1024
"""Bytes read at a time: several hundred messages, which with their pieces fit the caches of the processor."""
SAMPLE: Final = 256 * 1024
MAX_MESSAGE: Final = 32 * 1024 * 1024
"""Characters without a header after which the file cannot be a chat; WhatsApp's own limit is 65,536 a message."""
_LONGEST_HEADER: Final = 200


def encoding_of(start: bytes) -> str:
    """The encoding that a byte order mark declares; UTF-8 without one."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8"


def decoded(
    stream: BinaryIO, file: str, *, carriage_returns: bool = False, start: bytes | None = None
) -> Iterator[str]:
    """The stream's text in pieces; CR LF comes as LF where lines end so. `start`: what was read of the stream before.

    Raises ExportWrongEncoding at the first byte that is not in the file's encoding.
    """
    data = stream.read(BLOCK) if start is None else start
    encoding, done, held = encoding_of(data[:4]), 0, ""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    while data:
        read = len(data)
        if carriage_returns and encoding == "utf-8":
            # Among bytes, where it is quick; in text with emoji every character is four bytes wide.
            if data.endswith(b"\r"):
                data += stream.read(1)
            read, data = len(data), data.replace(b"\r\n", b"\n")
        try:
            text = decoder.decode(data)
        except UnicodeDecodeError as error:
            raise ExportWrongEncoding(file=file, reason=f"near byte {done + error.start:,}") from None
        if carriage_returns and encoding != "utf-8":
            text, held = (held + text).replace("\r\n", "\n"), ""
            if text.endswith("\r"):
                text, held = text[:-1], "\r"
        if text:
            yield text
        done += read
        data = stream.read(BLOCK)
    try:
        if text := held + decoder.decode(b"", final=True):
            yield text
    except UnicodeDecodeError:
        raise ExportWrongEncoding(file=file, reason="it ends within a character") from None


def sample_of(stream: BinaryIO, file: str) -> str:
    """The file's first lines, behind a newline. Raises ExportWrongEncoding, also for UTF-16 without its mark."""
    data = stream.read(SAMPLE)
    if encoding_of(data) == "utf-8" and data[:2000].count(0) > len(data[:2000]) // 4:
        raise ExportWrongEncoding(file=file, reason="many zero bytes, as in UTF-16 without its mark")
    decoder = codecs.getincrementaldecoder(encoding_of(data[:4]))("strict")
    try:
        text = decoder.decode(data, final=len(data) < SAMPLE)
    except UnicodeDecodeError as error:
        raise ExportWrongEncoding(file=file, reason=f"near byte {error.start:,}") from None
    return "\n" + text.lstrip("\ufeff")


def has_carriage_returns(sample: str, layout: Layout) -> bool:
    """Whether lines end in CR LF: iOS ends its messages so, and so does an editor that saved the file."""
    starts = [match.start() for match in layout.stamp.finditer(sample)][1:]
    if not starts:
        return "\r\n" in sample
    return sum(sample[start - 1] == "\r" for start in starts) * 2 > len(starts)


def looks_like_a_chat(stream: BinaryIO, file: str) -> bool:
    """Whether the stream begins like a chat's text. Raises ExportWrongEncoding."""
    return learn_layout(sample_of(stream, file)[:64_000]) is not None


def mentions(stream: BinaryIO, names: Sequence[str]) -> bool:
    """Whether the text names each of the files."""
    wanted, tail = set(names), ""
    for text in decoded(stream, ""):
        found = {name for name in wanted if name in tail + text}
        wanted -= found
        tail = text[-300:]
        if not wanted:
            break
    return not wanted


def blocks(stream: BinaryIO, file: str, layout: Layout, *, carriage_returns: bool) -> Iterator[str]:
    """The text in pieces that begin with a newline and a header and end before the next one's newline.

    The first piece may begin with lines before any header. The newline that ends the file is not part of it; where the
    file's lines end in CR LF they come as LF. Raises ExportMessageTooLong and ExportWrongEncoding.
    """
    start = stream.read(BLOCK)
    if encoding_of(start) == "utf-8":
        return _utf8_blocks(stream, start, file, layout, carriage_returns=carriage_returns)
    return _other_blocks(stream, start, file, layout, carriage_returns=carriage_returns)


def _utf8_blocks(stream: BinaryIO, data: bytes, file: str, layout: Layout, *, carriage_returns: bool) -> Iterator[str]:
    """Cut as bytes and decoded once: text with emoji takes four bytes a character, and each copy of it costs."""
    while data.startswith(codecs.BOM_UTF8):
        data = data.removeprefix(codecs.BOM_UTF8)
    held, searched, done = b"\n", 0, 0
    while data:
        if carriage_returns:
            if data.endswith(b"\r"):
                data += stream.read(1)
            data = data.replace(b"\r\n", b"\n")
        held += data
        cut = _last_header(held, searched, layout)
        if cut > 0:
            yield _decode(held[:cut], file, done)
            done += cut
            held, searched = held[cut:], 0
        elif len(held) > MAX_MESSAGE:
            raise ExportMessageTooLong(file=file, megabytes=MAX_MESSAGE >> 20)
        else:
            searched = max(0, len(held) - _LONGEST_HEADER)
        data = stream.read(BLOCK)
    if held := held.removesuffix(b"\n"):
        yield _decode(held, file, done)


def _decode(data: bytes, file: str, done: int) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        if error.end == len(data):
            raise ExportWrongEncoding(file=file, reason="it ends within a character") from None
        raise ExportWrongEncoding(file=file, reason=f"near byte {done + error.start:,}") from None


def _last_header(data: bytes, floor: int, layout: Layout) -> int:
    """Where the last header in `data` begins; 0 where there is none beyond the first byte."""
    at = data.rfind(b"\n", floor)
    while at > 0:
        if layout.stamp.match(data[at : at + _LONGEST_HEADER].decode(errors="ignore")):
            return at
        at = data.rfind(b"\n", floor, at)
    return 0


def _other_blocks(
    stream: BinaryIO, start: bytes, file: str, layout: Layout, *, carriage_returns: bool
) -> Iterator[str]:
    held, searched, first = "\n", 0, True
    for text in decoded(stream, file, carriage_returns=carriage_returns, start=start):
        held += text.lstrip("\ufeff") if first else text
        first = False
        cut = _last_header_in_text(held, searched, layout)
        if cut > 0:
            yield held[:cut]
            held, searched = held[cut:], 0
        elif len(held) > MAX_MESSAGE:
            raise ExportMessageTooLong(file=file, megabytes=MAX_MESSAGE >> 20)
        else:
            searched = max(0, len(held) - _LONGEST_HEADER)
    if held.endswith("\n"):
        held = held[:-1]
    if held:
        yield held


def _last_header_in_text(text: str, floor: int, layout: Layout) -> int:
    """Where the last header in `text` begins; 0 where there is none beyond the first character."""
    at = text.rfind("\n", floor)
    while at > 0:
        if layout.stamp.match(text, at):
            return at
        at = text.rfind("\n", floor, at)
    return 0

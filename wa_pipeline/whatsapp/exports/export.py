"""A chat export, opened: what it is, its messages in batches, its media."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from operator import add
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Literal, cast, get_args
from zoneinfo import ZoneInfo

from wa_pipeline.errors import BadSetting, ExportDatesContradict, ExportMemberMissing, ExportWithoutChat
from wa_pipeline.whatsapp.exports import body as bodies
from wa_pipeline.whatsapp.exports import phrases, system
from wa_pipeline.whatsapp.exports.clock import BadStamp, DateOrder, Days, Tails, Times, TwelveHours
from wa_pipeline.whatsapp.exports.container import Container, media_key, open_container
from wa_pipeline.whatsapp.exports.dates import Dates, Decision, decide, gather
from wa_pipeline.whatsapp.exports.layout import Layout, Pieces, learn_layout
from wa_pipeline.whatsapp.exports.message import DELETED, EDITED, OMITTED, SYSTEM, ExportMessage
from wa_pipeline.whatsapp.exports.senders import Senders, clean_name
from wa_pipeline.whatsapp.exports.text import blocks, has_carriage_returns, sample_of
from wa_pipeline.whatsapp.exports.title import title_of

BATCH: Final = 10_000
"""Most messages in one batch."""

# A tuple made from a tuple, without a Python call for each of a million messages.
_new = cast(Callable[[type[ExportMessage], tuple[object, ...]], ExportMessage], tuple.__new__)

# A body of one line, without direction marks, that ends like nothing WhatsApp writes is plain text: no more questions.
_ENDS: Final = frozenset([*">)）0123456789", "", "\u200e", "\u200f"])
_WHOLE: Final = frozenset(["null", *system.CALL_LINES, *phrases.DELETED_LINES])
_LONGEST_WHOLE: Final = max(map(len, _WHOLE | phrases.OMITTED_LINES)) + 1


@dataclass
class Counts:
    """What one pass over the messages has seen so far."""

    messages: int = 0
    system: int = 0
    edited: int = 0
    deleted: int = 0
    omitted: int = 0
    attachments: int = 0
    preamble_lines: int = 0
    """Lines before the first header, which belong to no message."""


@dataclass(frozen=True)
class _Known:
    """What one pass has already read once: dates, times, names."""

    days: Days
    times: Times
    tails: Tails
    senders: Senders


class Export:
    """One chat's export. A context manager; `messages` may be read more than once."""

    def __init__(self, path: Path, container: Container, layout: Layout, decision: Decision, sample: str) -> None:
        self.path, self.file = path, path.name
        self._container, self._layout = container, layout
        self.date_order: DateOrder = decision.order
        self.order_evidence = decision.evidence
        """What decided the order of the dates, in words."""
        self.precision: Literal["minute", "second"] = "second" if layout.precision == "second" else "minute"
        self.layout = f"{layout.family}: {layout.description}"
        self.media: Mapping[str, int] = container.media
        """Name of each media file in the export to its size in bytes, as the zip declares it."""
        self._marks_expected = layout.family == "android" or "\u200e" in sample or "\u200f" in sample
        self._whole = _WHOLE if self._marks_expected else _WHOLE | phrases.OMITTED_LINES
        self._carriage_returns = has_carriage_returns(sample, layout)
        speaks_as = _speaks_as(sample, layout)
        in_zip = path.name if container.text_name != path.name else None
        self.title = title_of(container.text_name, in_zip, speaks_as)
        self._own_names = frozenset(name for name in (self.title, speaks_as) if name)
        self._by_key: dict[str, str] | None = None
        self.renames: list[tuple[int, str | None, str]] = []
        """(seq, old name or None, new name) of each change of subject, in the pass being made or last made."""
        self.counts = Counts()
        """Of the pass being made or last made."""

    def __enter__(self) -> Export:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def find_media(self, attachment: str) -> str | None:
        """The name in `media` of an attachment's file, whatever its Unicode form or case; None if missing."""
        if attachment in self.media:
            return attachment
        if self._by_key is None:
            self._by_key = {media_key(name): name for name in self.media}
        return self._by_key.get(media_key(attachment))

    @contextmanager
    def open_media(self, name: str) -> Iterator[BinaryIO]:
        """A media file's bytes, never more than the zip declares.

        Raises ExportMemberMissing where there is none of that name, ExportTruncated where it is damaged.
        """
        member = self.find_media(name)
        if member is None:
            raise ExportMemberMissing(file=self.file, member=name)
        stream = self._container.open_media(member)
        try:
            yield stream
        finally:
            stream.close()

    def check(self, zone: ZoneInfo) -> None:
        """Read the whole text for what would stop `messages` half-way, at a fraction of its cost. Raises as it does."""
        days, times, tails = Days(self.date_order, zone), self._times(), Tails()
        with self._container.open_text() as stream:
            for block in blocks(stream, self.file, self._layout, carriage_returns=self._carriage_returns):
                dates, clocks, ends = self._layout.stamps(block)
                try:
                    for read, texts in ((days, dates), (times, clocks), (tails, ends)):
                        for text in texts:
                            read[text]
                except BadStamp as bad:
                    raise self._contradiction(str(bad)) from None

    def messages(self, zone: ZoneInfo) -> Iterator[list[ExportMessage]]:
        """Every message in file order, in batches of at most BATCH, read as local times of `zone`.

        Raises ExportDatesContradict where a later date cannot be read in the file's order, ExportWrongEncoding and
        ExportTruncated where the bytes are damaged.
        """
        self.counts, self.renames = Counts(), []
        known = _Known(Days(self.date_order, zone), self._times(), Tails(), Senders())
        seq, last = 0, 0
        with self._container.open_text() as stream:
            for block in blocks(stream, self.file, self._layout, carriage_returns=self._carriage_returns):
                pieces = self._layout.cut(block)
                marks = "\u200e" in block or "\u200f" in block
                if not seq and pieces.before.strip("\n"):
                    self.counts.preamble_lines = pieces.before.strip("\n").count("\n") + 1
                try:
                    with _collector_paused():
                        found = self._understand(pieces, known, seq, last, marks=marks)
                except BadStamp as bad:
                    raise self._contradiction(str(bad)) from None
                if not found:
                    continue
                seq, last = seq + len(found), found[-1].ts
                self.counts.messages = seq
                for start in range(0, len(found), BATCH):
                    yield found if len(found) <= BATCH else found[start : start + BATCH]

    def _times(self) -> Times:
        return TwelveHours() if self._layout.twelve_hours else Times()

    def _understand(self, pieces: Pieces, known: _Known, seq: int, last: int, *, marks: bool) -> list[ExportMessage]:
        """The messages of a block. Columns are made one after the other, because that is how Python is fast."""
        days, dates, texts = known.days, pieces.dates, pieces.bodies
        clock = list(map(known.times.__getitem__, pieces.clocks))
        if pieces.tails is not None:
            clock = list(map(add, clock, map(known.tails.__getitem__, pieces.tails)))
        stamps = list(map(add, map(days.__getitem__, dates), clock))
        minutes = [stamp // 60 for stamp in stamps]
        if days.odd and not days.odd.keys().isdisjoint(dates):
            for at, text in enumerate(dates):
                if text in days.odd:
                    stamps[at], minutes[at] = days.settle(days.odd[text] + clock[at], stamps[at - 1] if at else last)
        names = list(map(known.senders.__getitem__, pieces.senders))
        columns = zip(
            range(seq, seq + len(texts)), stamps, minutes, names, texts,
            repeat("text"), repeat(None), repeat(None), repeat(0),
        )  # fmt: skip
        found = list(map(_new, repeat(ExportMessage), columns))
        ends, whole, plain_lines = _ENDS, self._whole, bodies.is_plain_lines
        for at in [
            at
            for at, text in enumerate(texts)
            if text[-1:] in ends
            or (marks and not text.isascii() and ("\u200e" in text or "\u200f" in text))
            or (not plain_lines(text) if "\n" in text else len(text) < _LONGEST_WHOLE and text in whole)
        ]:
            if names[at] is not None:
                found[at] = self._read(found[at])
        if None in names:
            for at, name in enumerate(names):
                if name is None:
                    found[at] = self._read_notice(found[at], pieces.senders[at])
        return found

    def _read(self, message: ExportMessage) -> ExportMessage:
        """A message whose body may hold one of WhatsApp's marks."""
        reading = bodies.read_body(
            message.text or "",
            message.sender or "",
            ios=self._layout.family != "android",
            marks_expected=self._marks_expected,
            own_names=self._own_names,
        )
        flags, counts = reading.flags, self.counts
        if flags & SYSTEM:
            return self._as_notice(message, reading)
        counts.edited += bool(flags & EDITED)
        counts.deleted += bool(flags & DELETED)
        counts.omitted += bool(flags & OMITTED)
        counts.attachments += reading.attachment is not None
        return _new(ExportMessage, (*message[:4], *reading))

    def _read_notice(self, message: ExportMessage, raw_sender: str | None) -> ExportMessage:
        """A line without a sender, or one whose first `: ` stands within a group's name."""
        text = message.text or ""
        if raw_sender is not None:
            text = f"{raw_sender}: {text}" if text else f"{raw_sender}:"
        return self._as_notice(message, bodies.read_system(text))

    def _as_notice(self, message: ExportMessage, reading: bodies.Reading) -> ExportMessage:
        self.counts.system += 1
        if reading.text and (rename := system.rename_in(reading.text)):
            self.renames.append((message.seq, *rename))
        return _new(ExportMessage, (*message[:3], None, *reading))

    def _contradiction(self, bad: str) -> ExportDatesContradict:
        """The error for a header whose date or time cannot be one, with the line it stands in: looked for only then."""
        line = 0
        with self._container.open_text() as stream:
            for block in blocks(stream, self.file, self._layout, carriage_returns=self._carriage_returns):
                pieces = self._layout.cut(block)
                line += pieces.before.count("\n")
                tails = pieces.tails or [""] * len(pieces.dates)
                for *stamp, body in zip(pieces.dates, pieces.clocks, tails, pieces.bodies, strict=True):
                    line += 1
                    if bad in stamp:
                        return ExportDatesContradict(
                            file=self.file, line=line, stamp=bad, order=self.date_order, evidence=self.order_evidence
                        )
                    line += body.count("\n")
        raise AssertionError(f"{bad!r} was in the file a moment ago")


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No garbage collection for some milliseconds.

    Thousands of tuples are made, none of them in a cycle; looking through them for one costs as much as making them.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _speaks_as(sample: str, layout: Layout) -> str | None:
    """The name the chat itself speaks under: the sender iOS gives the encryption notice among the first messages."""
    if layout.family == "android":
        return None
    pieces = layout.cut(sample[:8_000])
    for at, (sender, text) in enumerate(zip(pieces.senders[:10], pieces.bodies, strict=False)):
        if sender and system.is_encryption_notice(text) and (text[:1] in {"\u200e", "\u200f"} or at == 0):
            return clean_name(sender) or None
    return None


def _decision(container: Container, file: str, layout: Layout, sample: str, wanted: str | None) -> Decision:
    """Decide the order of the dates; the whole file is read for it only where its beginning leaves it open."""
    dates = Dates()
    gather(dates, layout.cut(sample), 0)
    if not layout.year_first and not dates.decided_by_value():
        dates, line = Dates(), 0
        with container.open_text() as stream:
            for block in blocks(stream, file, layout, carriage_returns=has_carriage_returns(sample, layout)):
                line = gather(dates, layout.cut(block), line)
                if dates.decided_by_value():
                    break
    return decide(file, layout, dates, wanted)


def open_export(path: Path, *, date_order: str | None = None) -> Export:
    """Open a chat export, a .zip or a .txt.

    date_order: dmy, mdy or ymd, for files whose dates do not say. Raises ExportError subclasses, each one sentence with
    the file's name, for everything that is no export, or a dangerous or an undecidable one.
    """
    if date_order is not None and date_order not in get_args(DateOrder):
        raise BadSetting(variable="--date-order", value=date_order, reason="it is dmy, mdy or ymd")
    container = open_container(path)
    try:
        with container.open_text() as stream:
            sample = sample_of(stream, path.name)
        layout = learn_layout(sample)
        if layout is None:
            raise ExportWithoutChat(file=path.name)
        decision = _decision(container, path.name, layout, sample, date_order)
        return Export(path, container, layout, decision, sample)
    except BaseException:
        container.close()
        raise

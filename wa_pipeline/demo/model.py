"""What a chat is made of, before any phone writes it down: lines, files, and the chat they belong to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Special = Literal["plain", "system", "rename", "edited", "deleted", "omitted", "poll", "location", "contact", "call"]
KINDS = {
    "PHOTO": "image",
    "STICKER": "image",
    "GIF": "video",
    "VIDEO": "video",
    "AUDIO": "audio",
    "DOC": "doc",
    "CONTACT": "other",
}


@dataclass(frozen=True)
class Poll:
    """A poll: its question and how many votes each answer had when the chat was exported."""

    question: str
    options: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Line:
    """One message as its sender meant it. `uid` is the story's own name for it, the same in every export of the chat.

    `at` is the phone's local time (naive, with seconds); `who` None for a system line; `file` a name in the
    workshop (`Workshop.files`), `shape` how WhatsApp files it (a key of KINDS).
    """

    uid: str
    at: datetime
    who: str | None
    text: str | None
    special: Special = "plain"
    file: str | None = None
    shape: str | None = None
    poll: Poll | None = None
    renamed: tuple[str, str] | None = None

    @property
    def kind(self) -> str:
        """The kind the archive gives this message (sticker → image, gif → video; poll, location, call … → other)."""
        if self.shape is not None:
            return KINDS[self.shape]
        return "text" if self.special in ("plain", "edited", "deleted") else "other"


class Chat:
    """A chat being told: `day()` sets the date, the other methods add a line at a time of that day."""

    def __init__(self, slug: str, title: str, zone: str) -> None:
        self.slug, self.title, self.zone = slug, title, ZoneInfo(zone)
        self.lines: list[Line] = []
        self._date = ""

    def day(self, date: str) -> None:
        self._date = date

    def _add(
        self,
        clock: str,
        who: str | None,
        text: str | None,
        special: Special = "plain",
        *,
        file: str | None = None,
        shape: str | None = None,
        poll: Poll | None = None,
        renamed: tuple[str, str] | None = None,
    ) -> str:
        at = datetime.fromisoformat(f"{self._date}T{clock}")
        if self.lines and at < self.lines[-1].at:
            raise ValueError(f"{self.slug}: {at} comes before the line above it")
        uid = f"{self.slug}-{len(self.lines) + 1:03d}"
        self.lines.append(Line(uid, at, who, text, special, file, shape, poll, renamed))
        return uid

    def say(self, clock: str, who: str, text: str, special: Special = "plain") -> str:
        """A text message; special: edited, deleted (the text is lost), omitted, location, call. Returns its uid."""
        return self._add(clock, who, text, special)

    def send(self, clock: str, who: str, file: str, shape: str, caption: str | None = None) -> str:
        """A message with a file of the workshop. Returns its uid."""
        return self._add(clock, who, caption, "contact" if shape == "CONTACT" else "plain", file=file, shape=shape)

    def ask(self, clock: str, who: str, question: str, *options: tuple[str, int]) -> None:
        """A poll."""
        self._add(clock, who, question, "poll", poll=Poll(question, options))

    def note(self, clock: str, text: str) -> None:
        """A system line in the language of the phone that exports."""
        self._add(clock, None, text, "system")

    def rename(self, clock: str, who: str, old: str, new: str, text: str) -> None:
        """The system line that tells of a changed group name."""
        self._add(clock, None, text, "rename", renamed=(old, new))


@dataclass(frozen=True)
class Telling:
    """One export of a chat: which lines it holds and in what state they were then."""

    chat: Chat
    layout: str
    lines: tuple[Line, ...]
    file: str
    date_order: Literal["dmy", "mdy", "ymd"]

    @property
    def precise(self) -> bool:
        """Whether this layout writes seconds."""
        return self.layout.startswith("ios")

    def instant(self, line: Line) -> datetime:
        """The UTC instant this export tells for a line: Android's says only the minute."""
        local = line.at if self.precise else line.at - timedelta(seconds=line.at.second)
        return local.replace(tzinfo=self.chat.zone).astimezone(ZoneInfo("UTC"))


def since(lines: Iterable[Line], date: str) -> tuple[Line, ...]:
    """The lines from a local date on, as after clearing the chat that morning."""
    return tuple(line for line in lines if line.at.isoformat() >= date)


def until(lines: Iterable[Line], date: str) -> tuple[Line, ...]:
    """The lines before a local date, as an export made that morning holds them."""
    return tuple(line for line in lines if line.at.isoformat() < date)


def changed(lines: Iterable[Line], changes: dict[str, tuple[Special, str | None]]) -> tuple[Line, ...]:
    """The lines with some of them edited or deleted since: uid → (special, new text)."""
    return tuple(
        replace(line, special=changes[line.uid][0], text=changes[line.uid][1]) if line.uid in changes else line
        for line in lines
    )

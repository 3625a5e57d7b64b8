"""Writes a chat down exactly as a phone does: Android in English and German (24 h), iPhone in American English."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from wa_pipeline.demo.model import Line, Poll, Telling

LRM = "\u200e"
NARROW_SPACE = "\u202f"
ZIP_STAMP = (2024, 5, 1, 9, 0, 0)


@dataclass(frozen=True)
class Rendered:
    """One export on paper: the chat's text, its name in the zip, and each attached file's member name by line uid."""

    text: str
    chat_member: str
    zip_name: str
    members: dict[str, str]


class Layout(Protocol):
    """A phone's way of writing a chat."""

    def render(self, telling: Telling) -> Rendered: ...


@dataclass(frozen=True)
class Phrases:
    """What an Android phone says in its language."""

    header: str
    chat_with: str
    attached: str
    edited: str
    deleted: str
    omitted: str
    poll: str
    option: str
    vote: str
    votes: str


ENGLISH = Phrases(
    header="%d/%m/%Y, %H:%M - ",
    chat_with="WhatsApp Chat with ",
    attached="(file attached)",
    edited="<This message was edited>",
    deleted="This message was deleted",
    omitted="<Media omitted>",
    poll="POLL:",
    option="OPTION: ",
    vote="vote",
    votes="votes",
)
GERMAN = Phrases(
    header="%d.%m.%y, %H:%M - ",
    chat_with="WhatsApp Chat mit ",
    attached="(Datei angehängt)",
    edited="<Diese Nachricht wurde bearbeitet.>",
    deleted="Diese Nachricht wurde gelöscht.",
    omitted="<Medien ausgeschlossen>",
    poll="UMFRAGE:",
    option="OPTION: ",
    vote="Stimme",
    votes="Stimmen",
)


class Android:
    """`12/03/2024, 18:05 - Name: text`, attachments by name, captions on the line below, LF line ends."""

    def __init__(self, phrases: Phrases) -> None:
        self._say = phrases

    def render(self, telling: Telling) -> Rendered:
        """The chat as Android writes it; a file's number counts the day's files, as the phone counts them."""
        names = self._member_names(telling)
        lines = [f"{line.at.strftime(self._say.header)}{self._body(line, names)}\n" for line in telling.lines]
        chat_member = f"{self._say.chat_with}{telling.chat.title}.txt"
        kept = {line.uid: names[line.uid] for line in telling.lines if line.file}
        return Rendered("".join(lines), chat_member, telling.file, kept)

    def _member_names(self, telling: Telling) -> dict[str, str]:
        counts: dict[str, int] = {}
        names = {}
        for line in telling.chat.lines:
            if line.file is None or line.shape is None:
                continue
            prefix = FILE_PREFIXES.get(line.shape)
            if prefix is None:
                names[line.uid] = DOCUMENT_NAMES[line.file]
                continue
            day = line.at.strftime("%Y%m%d")
            number = counts[day] = counts.get(day, -1) + 1
            names[line.uid] = f"{prefix}-{day}-WA{number:04d}{Path(line.file).suffix}"
        return names

    def _body(self, line: Line, names: dict[str, str]) -> str:
        if line.who is None:
            return line.text or ""
        return f"{line.who}: {self._content(line, names)}"

    def _content(self, line: Line, names: dict[str, str]) -> str:
        say = self._say
        if line.special == "deleted":
            return say.deleted
        if line.special == "omitted":
            return say.omitted
        if line.poll is not None:
            return self._poll(line.poll)
        if line.file is not None:
            caption = f"\n{line.text}" if line.text else ""
            return f"{LRM}{names[line.uid]} {say.attached}{caption}"
        return f"{line.text} {say.edited}" if line.special == "edited" else line.text or ""

    def _poll(self, poll: Poll) -> str:
        say = self._say
        options = [f"{say.option}{text} ({n} {say.vote if n == 1 else say.votes})" for text, n in poll.options]
        return "\n".join([say.poll, poll.question, *options]) + "\n"


class Iphone:
    """`[3/12/24, 6:05:33 PM] Name: text` with U+202F before AM/PM, LRM before what the phone itself says, CRLF ends."""

    def render(self, telling: Telling) -> Rendered:
        """The chat as an iPhone set to the United States writes it; attachments are numbered by message."""
        names = {
            line.uid: self._member_name(number, line)
            for number, line in enumerate(telling.chat.lines, 1)
            if line.file is not None
        }
        text = "".join(f"{self._line(telling, line, names)}\r\n" for line in telling.lines)
        return Rendered(text, "_chat.txt", telling.file, names)

    def _member_name(self, number: int, line: Line) -> str:
        assert line.file is not None
        if line.shape in ("DOC", "CONTACT"):
            return f"{number:08d}-{DOCUMENT_NAMES[line.file]}"
        return f"{number:08d}-{line.shape}-{line.at:%Y-%m-%d-%H-%M-%S}{Path(line.file).suffix}"

    def _line(self, telling: Telling, line: Line, names: dict[str, str]) -> str:
        hour = line.at.hour % 12 or 12
        half = "AM" if line.at.hour < 12 else "PM"
        day = f"{line.at.month}/{line.at.day}/{line.at:%y}"
        header = f"[{day}, {hour}:{line.at:%M:%S}{NARROW_SPACE}{half}]"
        content = self._content(line, names)
        # The phone marks the whole line when the message itself begins with one of its own phrases.
        mark = LRM if line.file is not None else ""
        return f"{mark}{header} {line.who or telling.chat.title}: {content}"

    def _content(self, line: Line, names: dict[str, str]) -> str:
        if line.who is None or line.special in ("location", "call"):
            return f"{LRM}{line.text}"
        if line.special == "deleted":
            return f"{LRM}This message was deleted."
        if line.special == "omitted":
            return f"{LRM}image omitted"
        if line.poll is not None:
            options = [f"{LRM}OPTION: {text} ({LRM}{n} vote{'' if n == 1 else 's'})" for text, n in line.poll.options]
            return "\n".join([f"{LRM}POLL:", line.poll.question, *options])
        if line.file is not None:
            said = line.text
            if line.shape == "DOC":
                said = f"{DOCUMENT_NAMES[line.file]} • {LRM}1 page"
            return f"{said} {LRM}<attached: {names[line.uid]}>" if said else f"{LRM}<attached: {names[line.uid]}>"
        return f"{line.text} {LRM}<This message was edited>" if line.special == "edited" else line.text or ""


FILE_PREFIXES = {"PHOTO": "IMG", "STICKER": "STK", "AUDIO": "PTT", "VIDEO": "VID", "GIF": "VID"}
DOCUMENT_NAMES = {
    "rules.pdf": "Tenancy rules 2024.pdf",
    "entry_form.pdf": "Regatta entry form.pdf",
    "packliste.docx": "Packliste Harz.docx",
    "key_holder.vcf": "Edith Lovell.vcf",
    "trailer_contact.vcf": "Marsh Road Garage.vcf",
}
LAYOUTS: dict[str, Layout] = {
    "android-en": Android(ENGLISH),
    "android-de": Android(GERMAN),
    "ios-en": Iphone(),
}


def write_zip(path: Path, rendered: Rendered, files: dict[str, bytes]) -> None:
    """The export as one zip, the same bytes every time; files maps member names to contents."""
    with zipfile.ZipFile(path, "w") as archive:
        members = {rendered.chat_member: rendered.text.encode("utf-8"), **files}
        for name, data in members.items():
            info = zipfile.ZipInfo(name, ZIP_STAMP)
            packs = name.endswith((".txt", ".vcf", ".docx", ".pdf"))
            info.compress_type = zipfile.ZIP_DEFLATED if packs else zipfile.ZIP_STORED
            info.external_attr = 0o100644 << 16
            archive.writestr(info, data)

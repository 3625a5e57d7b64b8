"""From parsed messages to a batch the archive can take: blocked ones out, ids on, media in, COPY text written."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

from wa_pipeline.archive.blocks import Blocks
from wa_pipeline.archive.staging import Span
from wa_pipeline.whatsapp.exports import DELETED, EDITED, OMITTED, SYSTEM, ExportMessage
from wa_pipeline.whatsapp.identity import ExportIds

BATCH_SIZE = 10_000
REPLACED_NUL = "\N{REPLACEMENT CHARACTER}"


@dataclass
class Batch:
    """Messages of whole minutes, each with its id; `media` holds the media row of those that have one."""

    messages: list[ExportMessage]
    ids: list[str]
    blocked: Counter[str]
    media: dict[str, UUID] = field(default_factory=dict)

    def only(self, ids: set[str]) -> Batch:
        """The part of the batch that has these ids."""
        kept = [n for n, wa_msg_id in enumerate(self.ids) if wa_msg_id in ids]
        return replace(self, messages=[self.messages[n] for n in kept], ids=[self.ids[n] for n in kept])

    def span(self, chat_id: str) -> Span:
        times = [message.ts for message in self.messages]
        low = min(times)
        return Span(chat_id, low - low % 60, max(times) // 60 * 60 + 60)


def whole_minutes(batches: Iterable[list[ExportMessage]], size: int = BATCH_SIZE) -> Iterator[list[ExportMessage]]:
    """The same messages in batches of about `size`, cut so that neighbours of one minute stay together: they are
    compared minute by minute."""
    kept: list[ExportMessage] = []
    for batch in batches:
        kept += batch
        if len(kept) < size:
            continue
        last = kept[-1].minute
        cut = len(kept)
        while cut and kept[cut - 1].minute == last:
            cut -= 1
        if cut:
            yield kept[:cut]
            kept = kept[cut:]
    if kept:
        yield kept


def without_blocked(messages: list[ExportMessage], blocks: Blocks, ids: ExportIds) -> Batch:
    """Refuse blocked senders and keywords before anything else happens to them; number the rest."""
    blocked: Counter[str] = Counter()
    if blocks.senders or blocks.keywords:
        allowed = []
        for message in messages:
            if blocks.sender(message.sender):
                blocked["blocked sender"] += 1
            elif blocks.keyword(message.text):
                blocked["blocked keyword"] += 1
            else:
                allowed.append(message)
        messages = allowed
    return Batch(messages, ids.assign_all(messages), blocked)


def raw_of(message: ExportMessage) -> dict[str, object]:
    """What `messages.raw` keeps of an export's message beyond the columns."""
    raw: dict[str, object] = {"source": "export", "seq": message.seq}
    if message.subkind:
        raw["subkind"] = message.subkind
    if message.attachment:
        raw["attachment"] = message.attachment
    for mark, name in ((EDITED, "edited"), (DELETED, "deleted"), (OMITTED, "omitted"), (SYSTEM, "system")):
        if message.flags & mark:
            raw[name] = True
    return raw


def copy_text(batch: Batch, chat_id: str, group_id: UUID) -> bytes:
    """The batch as COPY text of `staging.COLUMNS`, one line a message."""
    chat, group, media = _escape(chat_id), str(group_id), batch.media
    hours = _Hours()
    lines = []
    for message, wa_msg_id in zip(batch.messages, batch.ids, strict=True):
        seq, ts, _, sender, text, kind, subkind, attachment, flags = message
        if subkind or attachment or flags:
            raw = _escape(json.dumps(raw_of(message), ensure_ascii=False))
        else:
            raw = f'{{"source":"export","seq":{seq}}}'
        words = r"\N" if text is None else _escape(text)
        media_id = media.get(wa_msg_id, r"\N") if media else r"\N"
        name = _escape(sender) if sender else ""
        second = ts % 3600
        when = f"{hours[ts - second]}{second // 60:02}:{second % 60:02}+00"
        lines.append(f"{_escape(wa_msg_id)}\t{when}\t{chat}\t{name}\t{kind}\t{words}\t{media_id}\t{group}\t{raw}\n")
    data = "".join(lines)
    if "\x00" in data:
        data = data.replace("\x00", REPLACED_NUL)
    return data.encode("utf-8", "replace")


class _Hours(dict[int, str]):
    """The beginning of a timestamp by the epoch second its hour starts at; a chat has few hours and many messages."""

    def __missing__(self, start: int) -> str:
        hour = datetime.fromtimestamp(start, UTC).strftime("%Y-%m-%d %H:")
        self[start] = hour
        return hour


def _escape(value: str) -> str:
    if "\\" in value:
        value = value.replace("\\", r"\\")
    if "\n" in value:
        value = value.replace("\n", r"\n")
    if "\r" in value:
        value = value.replace("\r", r"\r")
    if "\t" in value:
        value = value.replace("\t", r"\t")
    return value

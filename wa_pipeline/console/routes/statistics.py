"""How much there is, and how it all is."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter
from pydantic import BaseModel

from wa_pipeline.archive.views.statistics import statistics
from wa_pipeline.console.dependencies import ERRORS, ContextHere, ReaderHere
from wa_pipeline.console.health import look

CACHED_S = 60.0

router = APIRouter(prefix="/api", tags=["statistics"], responses=ERRORS)


class Counted(BaseModel):
    """Messages of a day or month."""

    at: date
    messages: int


class OfGroup(BaseModel):
    """Messages of a chat."""

    name: str
    chat_id: str
    messages: int


class OfKind(BaseModel):
    """Messages of a kind."""

    kind: str
    messages: int


class OfMedia(BaseModel):
    """Media of a sort: with words in them, without any, still to be looked at, given up."""

    sort: str
    files: int
    bytes: int
    words: int
    silent: int
    waiting: int
    failed: int


class Stats(BaseModel):
    """Counts, at most a minute old; days and months are UTC's."""

    messages: int
    chats: int
    first: date | None
    last: date | None
    by_day: list[Counted]
    by_month: list[Counted]
    by_group: list[OfGroup]
    by_kind: list[OfKind]
    media: list[OfMedia]


class FindingShown(BaseModel):
    """One part in words; `ok` is null where there is nothing to judge yet; `next` says what to do, `page` where."""

    part: str
    ok: bool | None
    words: str
    next: str | None
    page: str | None


class Status(BaseModel):
    """Whether all is well, and each part in words."""

    ok: bool
    findings: list[FindingShown]


@router.get("/stats")
def stats(reader: ReaderHere) -> Stats:
    """Messages by day, month, group and kind; media by what was found in them."""
    found = reader.cached("statistics", CACHED_S, statistics)
    return Stats(
        messages=found.messages,
        chats=found.chats,
        first=date.fromisoformat(found.first) if found.first else None,
        last=date.fromisoformat(found.last) if found.last else None,
        by_day=[Counted(at=at, messages=number) for at, number in found.by_day],
        by_month=[Counted(at=at, messages=number) for at, number in found.by_month],
        by_group=[OfGroup(name=name, chat_id=chat, messages=number) for name, chat, number in found.by_group],
        by_kind=[OfKind(kind=kind, messages=number) for kind, number in found.by_kind],
        media=[OfMedia.model_validate(each, from_attributes=True) for each in found.media],
    )


@router.get("/status")
def status(ctx: ContextHere, reader: ReaderHere) -> Status:
    """What is healthy and what is not."""
    findings = look(ctx, reader)
    shown = [FindingShown.model_validate(each, from_attributes=True) for each in findings]
    return Status(ok=all(each.ok is not False for each in findings), findings=shown)

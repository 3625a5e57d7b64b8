"""The block lists: whose messages, and which words, are refused."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from wa_pipeline.archive.block_lists import BlockList, add_block, blocks_of, remove_block
from wa_pipeline.console.dependencies import ERRORS, Body, ReaderHere, words
from wa_pipeline.console.models import Time
from wa_pipeline.errors import BlockUnknown

MOST_VALUE = 300
MOST_REASON = 500

router = APIRouter(prefix="/api/blocks", tags=["blocks"], responses=ERRORS)


class BlockShown(BaseModel):
    """An entry; keywords have no reason."""

    value: str
    reason: str | None
    at: Time


class Blocks(BaseModel):
    """The three lists, the latest entries first."""

    groups: list[BlockShown]
    senders: list[BlockShown]
    keywords: list[BlockShown]


class Entry(Body):
    """What is to be blocked: a group's JID, a sender, or a keyword (a substring, in any case)."""

    value: Annotated[str, Field(min_length=1, max_length=MOST_VALUE)]
    reason: Annotated[str | None, Field(max_length=MOST_REASON)] = None


@router.get("")
def blocks(reader: ReaderHere) -> Blocks:
    """What stands on the lists."""
    lists: dict[BlockList, list[BlockShown]] = {}
    for which in ("groups", "senders", "keywords"):
        found = reader.read(lambda conn, which=which: blocks_of(conn, which))  # type: ignore[misc]  # bound in the loop
        lists[which] = [BlockShown.model_validate(each, from_attributes=True) for each in found]
    return Blocks(groups=lists["groups"], senders=lists["senders"], keywords=lists["keywords"])


@router.post("/{which}", status_code=201)
def add(which: BlockList, entry: Entry, reader: ReaderHere) -> BlockShown:
    """Block from the next batch of work on; what the archive holds already stays."""
    value = words("value", entry.value, MOST_VALUE)
    reason = words("reason", entry.reason, MOST_REASON) if entry.reason and entry.reason.strip() else None
    added = reader.write(lambda conn: add_block(conn, which, value, reason))
    return BlockShown.model_validate(added, from_attributes=True)


@router.delete("/{which}", status_code=204, response_class=Response)
def remove(which: BlockList, value: str, reader: ReaderHere) -> Response:
    """Take `value` off a list."""
    wanted = words("value", value, MOST_VALUE * 10)
    if not reader.write(lambda conn: remove_block(conn, which, wanted)):
        raise BlockUnknown(value=wanted, which=which)
    return Response(status_code=204)

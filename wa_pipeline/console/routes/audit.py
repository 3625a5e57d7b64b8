"""The audit log."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, WithJsonSchema

from wa_pipeline.archive.views.activity import KINDS, activity
from wa_pipeline.console.dependencies import ERRORS, ReaderHere
from wa_pipeline.console.models import Time
from wa_pipeline.console.parameters import MAX_TERM, number
from wa_pipeline.errors import BadParameter

MOST = 500

router = APIRouter(prefix="/api/audit", tags=["audit"], responses=ERRORS)

Kind = Annotated[str | None, WithJsonSchema({"type": "string", "enum": list(KINDS)})]
Limit = Annotated[str | None, WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MOST, "default": 50})]
Cursor = Annotated[str | None, WithJsonSchema({"type": "string", "maxLength": MAX_TERM})]


class Happened(BaseModel):
    """One thing that happened; `detail` holds counts, names and ids, never a message's text."""

    id: UUID
    kind: str
    at: Time
    detail: dict[str, Any]


class Log(BaseModel):
    """What happened, newest first; `next_cursor` is null on the last page."""

    items: list[Happened]
    next_cursor: str | None


@router.get("")
def audit(reader: ReaderHere, kind: Kind = None, limit: Limit = None, cursor: Cursor = None) -> Log:
    """Imports, renames, connections, errors."""
    if kind and kind not in KINDS:
        raise BadParameter(name="kind", reason=f"one of {', '.join(KINDS)}")
    most = number("limit", limit, 1, MOST, 50)
    items, after = reader.read(lambda conn: activity(conn, kind=kind or None, limit=most, cursor=cursor or None))
    return Log(items=[Happened.model_validate(each, from_attributes=True) for each in items], next_cursor=after)

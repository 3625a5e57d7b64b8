"""What routes and pages ask of the application that is being served."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, WithJsonSchema

from wa_pipeline.console.models import Error
from wa_pipeline.console.reading import Reader
from wa_pipeline.console.thumbnails import Thumbnails
from wa_pipeline.errors import BadParameter
from wa_pipeline.steps.context import Context

STATUSES = (400, 401, 403, 404, 405, 413, 500, 503)
ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": Error} for status in STATUSES}


class Body(BaseModel):
    """What a request may carry: these fields and no others."""

    model_config = ConfigDict(extra="forbid", strict=True)


def reader_of(request: Request) -> Reader:
    reader: Reader = request.app.state.reader
    return reader


def thumbnails_of(request: Request) -> Thumbnails:
    thumbnails: Thumbnails = request.app.state.thumbnails
    return thumbnails


def context_of(request: Request) -> Context:
    ctx: Context = request.app.state.ctx
    return ctx


def uuid_of(name: str, value: str) -> UUID:
    """The UUID a path or parameter holds; `BadParameter` where it is none."""
    try:
        return UUID(value)
    except ValueError:
        raise BadParameter(name=name, reason="a UUID is wanted") from None


def words(name: str, value: str, most: int) -> str:
    """The text of a parameter without blanks around it; `BadParameter` where PostgreSQL could not hold it."""
    value = value.strip()
    if not value or len(value) > most or "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
        raise BadParameter(name=name, reason=f"1 to {most} characters are wanted, none of them NUL")
    return value


ReaderHere = Annotated[Reader, Depends(reader_of)]
ThumbnailsHere = Annotated[Thumbnails, Depends(thumbnails_of)]
ContextHere = Annotated[Context, Depends(context_of)]
# Parsed by hand, so that each error is one sentence; documented as what it is.
PathId = Annotated[str, WithJsonSchema({"type": "string", "format": "uuid"})]

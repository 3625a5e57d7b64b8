"""Whether the console can do its work, for whatever watches over it."""

from __future__ import annotations

from fastapi import APIRouter

from wa_pipeline.console.dependencies import ERRORS, ReaderHere
from wa_pipeline.console.models import Health

router = APIRouter(tags=["health"], responses=ERRORS)


@router.get("/healthz")
def healthz(reader: ReaderHere) -> Health:
    """Whether the database and the media store answer; needs no token."""
    reader.check()
    return Health(status="ok")

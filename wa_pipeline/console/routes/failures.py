"""What failed for good, and another try."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from wa_pipeline.console.dependencies import ERRORS, Body, ContextHere, words
from wa_pipeline.console.models import Time
from wa_pipeline.steps.failures import list_failures, retry_failed

MOST_SHOWN = 500

router = APIRouter(prefix="/api/failures", tags=["failures"], responses=ERRORS)


class FailureShown(BaseModel):
    """A failure; `id` is what a retry takes."""

    id: str
    what: str
    name: str | None
    reason: str | None
    attempts: int
    at: Time


class Failures(BaseModel):
    """The latest failures; `total` counts all."""

    failures: list[FailureShown]
    total: int


class Again(Body):
    """Which to try again; null for all."""

    ids: Annotated[list[str], Field(max_length=MOST_SHOWN)] | None = None


class Retried(BaseModel):
    """How many are due again."""

    retried: int


@router.get("")
def failures(ctx: ContextHere) -> Failures:
    """Imports, downloads and media that failed, latest first, each with its reason."""
    found = list_failures(ctx)
    shown = [FailureShown.model_validate(each, from_attributes=True) for each in found[:MOST_SHOWN]]
    return Failures(failures=shown, total=len(found))


@router.post("/retry", status_code=202)
def retry(wanted: Again, ctx: ContextHere) -> Retried:
    """Put failures back into their queues; Dagster takes them up within seconds."""
    ids = None if wanted.ids is None else [words("ids", each, 300) for each in wanted.ids]
    return Retried(retried=retry_failed(ctx, ids))

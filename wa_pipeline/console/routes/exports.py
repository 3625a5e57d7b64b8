"""Exports: those that are known, and one more through the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, WithJsonSchema

from wa_pipeline.archive.views.exports import ExportView
from wa_pipeline.archive.views.exports import exports as export_rows
from wa_pipeline.console.dependencies import ERRORS, ContextHere, ReaderHere, context_of, words
from wa_pipeline.console.models import Time
from wa_pipeline.errors import BadParameter, NotAGroupId
from wa_pipeline.settings import Settings
from wa_pipeline.steps.chats import GROUP_JID
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.exports import register_export
from wa_pipeline.steps.import_export import zone_of
from wa_pipeline.steps.uploads import Upload, safe_name

BLOCK = 1 << 20
DATE_ORDERS = ("dmy", "mdy", "ymd")

router = APIRouter(prefix="/api/exports", tags=["exports"], responses=ERRORS)

Name = Annotated[str, WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 500})]
Zone = Annotated[str, WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 100})]
Order = Annotated[str | None, WithJsonSchema({"type": "string", "enum": list(DATE_ORDERS)})]
Jid = Annotated[str | None, WithJsonSchema({"type": "string", "maxLength": 100})]
BYTES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class ExportShown(BaseModel):
    """An export file and what came of it; `run` is where Dagster shows its runs."""

    export_key: str
    file: str
    state: Literal["waiting", "running", "done", "failed"]
    reason: str | None
    tz: str | None
    chat_id: str | None
    messages: int
    inserted: int
    registered_at: Time
    finished_at: Time | None
    run: str


class Exports(BaseModel):
    """The exports, latest first."""

    exports: list[ExportShown]


def shown(row: ExportView, settings: Settings) -> ExportShown:
    """With the address of its partition in Dagster."""
    run = f"{settings.dagster_link}/assets/chat_exports?view=partitions&partition={quote(row.export_key)}"
    return ExportShown.model_validate({**vars(row), "run": run})


@router.get("")
def exports(ctx: ContextHere, reader: ReaderHere) -> Exports:
    """Every export that was registered."""
    return Exports(exports=[shown(row, ctx.settings) for row in reader.read(export_rows)])


@router.post("", status_code=201, openapi_extra=BYTES)
async def upload(
    request: Request,
    name: Name,
    tz: Zone,
    date_order: Order = None,
    group: Jid = None,
) -> ExportShown:
    """Takes an export, the request's body being the file, and registers it; Dagster imports it within seconds.

    `tz` is the zone of the phone that made it. The body goes to disk as it comes.
    """
    ctx = context_of(request)
    options = _options(name, tz, date_order, group)
    with Upload(ctx.settings, words("name", name, 500), _announced(request)) as incoming:
        block = bytearray()
        async for part in request.stream():
            block += part
            if len(block) >= BLOCK:
                await run_in_threadpool(incoming.write, bytes(block))
                block.clear()
        return await run_in_threadpool(_keep, ctx, incoming, bytes(block), options)


def _keep(ctx: Context, incoming: Upload, rest: bytes, options: dict[str, str | None]) -> ExportShown:
    incoming.write(rest)
    key = register_export(ctx, incoming.keep(), **options)
    with ctx.connect() as conn:
        (row,) = export_rows(conn, key=key)
    return shown(row, ctx.settings)


def _options(name: str, tz: str, date_order: str | None, group: str | None) -> dict[str, str | None]:
    """Refused here, before gigabytes have come."""
    zone_of(Path(safe_name(name)), words("tz", tz, 100))
    if date_order and date_order not in DATE_ORDERS:
        raise BadParameter(name="date_order", reason=f"one of {', '.join(DATE_ORDERS)}")
    if group and not GROUP_JID.match(group):
        raise NotAGroupId(group=group)
    return {"tz": tz.strip(), "date_order": date_order or None, "group": group or None}


def _announced(request: Request) -> int | None:
    length = request.headers.get("content-length", "")
    return int(length) if length.isdecimal() and len(length) < 18 else None

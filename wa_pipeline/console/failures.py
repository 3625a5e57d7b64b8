"""Every error as `{"error": {"code", "message"}}`: one sentence, never a trace."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg_pool import PoolTimeout
from starlette.exceptions import HTTPException

from wa_pipeline.archive.search import BadCursor, BadQuery
from wa_pipeline.errors import (
    BadObjectKey,
    BadParameter,
    BlockUnknown,
    DatabaseUnreachable,
    DiskFull,
    ExportError,
    GroupUnknown,
    LinkRefused,
    MessageUnknown,
    NoQrCode,
    NoSuchFailure,
    NotAGroupId,
    NoThumbnail,
    ObjectMissing,
    StoreError,
    UploadRefused,
    UploadTooLarge,
    WaError,
)

STATUSES: dict[type[WaError], tuple[int, str]] = {
    BadParameter: (400, "bad_parameter"),
    BadCursor: (400, "bad_cursor"),
    BadQuery: (400, "bad_query"),
    ExportError: (400, "bad_export"),
    UploadRefused: (400, "upload_refused"),
    UploadTooLarge: (413, "too_large"),
    NotAGroupId: (400, "bad_parameter"),
    BadObjectKey: (404, "not_found"),
    MessageUnknown: (404, "not_found"),
    GroupUnknown: (404, "not_found"),
    BlockUnknown: (404, "not_found"),
    NoSuchFailure: (404, "not_found"),
    NoThumbnail: (404, "no_thumbnail"),
    NoQrCode: (404, "no_qr"),
    DiskFull: (503, "disk_full"),
    ObjectMissing: (404, "not_found"),
    LinkRefused: (403, "link_refused"),
    DatabaseUnreachable: (503, "database_unreachable"),
    StoreError: (503, "store_failed"),
    WaError: (500, "internal_error"),
}
CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
SENTENCES = {
    404: "There is nothing here.",
    405: "This address does not take that method.",
    413: "This request is larger than anything the console takes here.",
}


def failure(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The error answer."""
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers=dict(headers or {}))


def register(app: FastAPI) -> None:
    """Makes every way to fail that we foresee answer in this shape; the guard answers for the rest."""
    app.add_exception_handler(WaError, _ours)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(psycopg.OperationalError, _database)
    app.add_exception_handler(PoolTimeout, _database)


async def _ours(_: Request, error: Exception) -> JSONResponse:
    status, code = next(found for kind, found in STATUSES.items() if isinstance(error, kind))
    return failure(status, code, str(error))


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = CODES.get(error.status_code, "http_error")
    return failure(error.status_code, code, SENTENCES.get(error.status_code, str(error.detail)), error.headers)


async def _malformed(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = first["loc"][-1] if first["loc"] else "request"
    return failure(400, "bad_parameter", f"{where}: {first['msg']}.")


async def _database(_: Request, error: Exception) -> JSONResponse:
    return failure(503, "database_unreachable", "The database cannot be reached at the moment.")

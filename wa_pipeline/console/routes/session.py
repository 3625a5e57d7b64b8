"""The WhatsApp session: its state, and the QR code that links it."""

from __future__ import annotations

import base64
import binascii
import io
from datetime import UTC, datetime

import segno
from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel

from wa_pipeline.archive import flags
from wa_pipeline.archive.views.session import session as session_row
from wa_pipeline.console.dependencies import ERRORS, ReaderHere
from wa_pipeline.console.models import Asked, Time
from wa_pipeline.errors import NoQrCode

PNG = b"\x89PNG\r\n\x1a\n"
MOST_QR = 4096

router = APIRouter(prefix="/api/session", tags=["session"], responses=ERRORS)


class QrCode(BaseModel):
    """A code that can be scanned at this moment; `image` is where its picture is."""

    image: str
    expires_at: Time | None


class SessionShown(BaseModel):
    """The session. `qr` is null where there is none to scan, or it has expired; `refresh_error` says why a fresh one
    that was asked for has not come."""

    status: str
    wa_number: str | None
    wa_name: str | None
    last_status_at: Time | None
    qr: QrCode | None
    refresh_requested_at: str | None
    refresh_error: str | None


@router.get("")
def session(reader: ReaderHere) -> SessionShown:
    """Whether WhatsApp is connected, and the QR code to scan where it is not."""
    row = reader.read(session_row)
    flag = reader.read(lambda conn: flags.state(conn, flags.REFRESH_QR))
    asked, error = (flag.at, flag.error if flag.pending else None) if flag else (None, None)
    if row is None:
        return SessionShown(
            status="disconnected",
            wa_number=None,
            wa_name=None,
            last_status_at=None,
            qr=None,
            refresh_requested_at=asked,
            refresh_error=error,
        )
    valid = row.qr_valid(datetime.now(UTC))
    return SessionShown(
        status=row.status,
        wa_number=row.wa_number,
        wa_name=row.wa_name,
        last_status_at=row.last_status_at,
        qr=QrCode(image="/api/session/qr", expires_at=row.expires_at) if valid else None,
        refresh_requested_at=asked,
        refresh_error=error,
    )


@router.get("/qr", response_class=Response, responses={200: {"content": {"image/svg+xml": {}, "image/png": {}}}})
def qr(reader: ReaderHere) -> Response:
    """The picture of the QR code."""
    row = reader.read(session_row)
    if row is None or row.qr is None or not row.qr_valid(datetime.now(UTC)):
        raise NoQrCode
    return picture(row.qr)


@router.post("/refresh-qr", status_code=202)
def refresh_qr(reader: ReaderHere) -> Asked:
    """Ask for a fresh QR code; Dagster sees the request within seconds."""
    return Asked(at=reader.write(lambda conn: flags.request(conn, flags.REFRESH_QR)))


def picture(text: str) -> Response:
    """The code drawn as SVG; a gateway that gives a picture instead of the words gets its own picture back."""
    if text.startswith("data:image/png;base64,"):
        try:
            png = base64.b64decode(text.partition(",")[2], validate=True)
        except binascii.Error:
            raise NoQrCode from None
        if not png.startswith(PNG):
            raise NoQrCode
        return Response(png, media_type="image/png")
    if len(text) > MOST_QR:
        raise NoQrCode
    drawn = io.BytesIO()
    try:
        code = segno.make_qr(text, error="m")
    except segno.DataOverflowError:
        raise NoQrCode from None
    # Dark on light with a margin whatever the page's colours are: phones do not read it the other way round.
    code.save(drawn, kind="svg", scale=8, border=4, dark="#000", light="#fff", xmldecl=False, svgns=True)
    return Response(drawn.getvalue(), media_type="image/svg+xml")

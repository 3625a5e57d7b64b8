"""Where a failure leads: to the message it belongs to, and to the runs that met it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

from wa_pipeline.archive.views.words import messages_with
from wa_pipeline.console.reading import Reader
from wa_pipeline.console.routes.failures import FailureShown

ASSETS = {"import": "chat_exports", "ocr": "ocr_text", "asr": "asr_text", "delivery": "messages"}


@dataclass(frozen=True)
class Place:
    """`message`: None where the failure is of no one message. `runs`: an address in Dagster."""

    message: UUID | None
    runs: str


def places(failures: Sequence[FailureShown], reader: Reader, dagster: str) -> dict[str, Place]:
    """By the failure's id."""
    media = {each.id: UUID(each.id.partition(":")[2]) for each in failures if each.what in ("ocr", "asr")}
    messages = reader.read(lambda conn: messages_with(conn, media.values())) if media else {}
    return {
        each.id: Place(messages.get(media[each.id]) if each.id in media else None, _runs(each, dagster))
        for each in failures
    }


def _runs(failure: FailureShown, dagster: str) -> str:
    address = f"{dagster}/assets/{ASSETS.get(failure.what, 'media_files')}"
    if failure.what != "import":
        return address
    return f"{address}?view=partitions&partition={quote(failure.id.partition(':')[2], safe='')}"


__all__ = ["Place", "places"]

"""Reading an object in constant memory: as a stream, or into a file whole or not at all."""

from __future__ import annotations

import hashlib
import io
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from wa_pipeline.errors import ObjectDamaged
from wa_pipeline.storage.disk import plainly
from wa_pipeline.storage.keys import CHUNK, content_of

if TYPE_CHECKING:
    import httpx

    from wa_pipeline.storage.failures import Place


def save(source: AbstractContextManager[BinaryIO], key: str, to: Path) -> None:
    """Copies an opened object to the file `to` by way of a draft beside it; `ObjectDamaged` on another sha256."""
    draft = to.with_name(f".{to.name}.{secrets.token_hex(4)}")
    digest = hashlib.sha256()
    try:
        with source as stream, plainly(str(to.parent)), draft.open("wb") as out:
            while block := stream.read(CHUNK):
                digest.update(block)
                out.write(block)
        if content_of(key) not in (None, digest.hexdigest()):
            raise ObjectDamaged(key=key)
        draft.replace(to)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def stream(http: httpx.Client, url: str, place: Place) -> Iterator[BinaryIO]:
    """The body behind a signed link. A refusal and a connection that breaks off are `StoreError`s."""
    import httpx

    from wa_pipeline.storage.failures import refusal_in, store_error, transport_error

    # Compressed on its way, the body's length would not be the object's.
    request = http.build_request("GET", url, headers={"accept-encoding": "identity"})
    try:
        answer = http.send(request, stream=True)
        if answer.status_code != 200:
            raise store_error(refusal_in(answer.status_code, answer.headers, answer.read()), place)
    except httpx.HTTPError as error:
        raise transport_error(error, place) from None
    try:
        yield io.BufferedReader(_Body(answer, place), CHUNK)
    finally:
        answer.close()


class _Body(io.RawIOBase):
    def __init__(self, answer: httpx.Response, place: Place) -> None:
        self._blocks = answer.iter_bytes()
        self._place = place
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = memoryview(self._next())
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def _next(self) -> bytes:
        import httpx

        from wa_pipeline.storage.failures import transport_error

        try:
            return next((block for block in self._blocks if block), b"")
        except httpx.HTTPError as error:
            raise transport_error(error, self._place) from None

"""Bodies as they come in: no larger, no slower and no more of them at once than the machine can take."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Final

from starlette.requests import Request

SECONDS: Final = 30.0
"""How long a body may take to come in, all of it."""


class TooLarge(Exception):
    """The body is larger than a delivery may be."""


class TooSlow(Exception):
    """The body took longer than SECONDS."""


class NoRoom(Exception):
    """What is in hand already fills the room; the same body fits a little later."""


class Room:
    """Bytes that may be in hand at once, read and not yet landed, over all connections."""

    def __init__(self, size: int) -> None:
        self._left = size

    def held(self) -> Held:
        """A share of it for one body, given back at the end of the `with`."""
        return Held(self)

    def take(self, size: int) -> None:
        """Raises `NoRoom` where so many bytes are not left."""
        if size > self._left:
            raise NoRoom
        self._left -= size

    def give(self, size: int) -> None:
        self._left += size


class Held:
    """What one body takes of the room, growing as it comes in: an announced size costs nothing until it is there."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._size = 0

    def __enter__(self) -> Held:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._room.give(self._size)

    async def read(self, request: Request, most: int) -> bytes:
        """The body of at most `most` bytes. Raises `TooLarge`, `TooSlow`, `NoRoom`, and no more of it is read."""
        announced = request.headers.get("content-length", "0")
        if announced.isdecimal() and int(announced) > most:
            raise TooLarge
        parts: list[bytes] = []
        try:
            async with asyncio.timeout(SECONDS):
                async for part in request.stream():
                    self._room.take(len(part))
                    self._size += len(part)
                    if self._size > most:
                        raise TooLarge
                    parts.append(part)
        except TimeoutError:
            raise TooSlow from None
        return b"".join(parts)

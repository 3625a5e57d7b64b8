"""Deliveries into the inbox, those that arrive while a commit is under way together in the next one.

A commit waits for the disk, however little it writes; a hundred requests that each waited for their own would take a
hundred times as long.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

import psycopg

from wa_pipeline.archive.inbox import Arrival, land
from wa_pipeline.steps.context import Context

TOGETHER: Final = 500
TOGETHER_BYTES: Final = 16 << 20

Waiting = tuple[Arrival, "asyncio.Future[None]"]


class Lander:
    """One connection, one writer. `land` returns when the delivery is on disk; `DatabaseUnreachable` and
    `psycopg.Error` reach whoever waits, and the next batch connects anew."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._queue: asyncio.Queue[Waiting] = asyncio.Queue()
        self._thread = ThreadPoolExecutor(1, "inbox")
        self._conn: psycopg.Connection | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Lander:
        self._task = asyncio.create_task(self._work())
        return self

    async def __aexit__(self, *_: object) -> None:
        """What is waiting is written first."""
        while not self._queue.empty():
            await asyncio.sleep(0.01)
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._thread.shutdown(wait=True)
        if self._conn is not None:
            self._conn.close()

    async def land(self, arrival: Arrival) -> None:
        """Wait until the delivery is in the inbox, once, whether it is news or was there."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self._queue.put((arrival, done))
        await done

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            batch = [await self._queue.get()]
            size = len(batch[0][0].body)
            while len(batch) < TOGETHER and size < TOGETHER_BYTES and not self._queue.empty():
                batch.append(self._queue.get_nowait())
                size += len(batch[-1][0].body)
            error: BaseException | None = None
            try:
                await loop.run_in_executor(self._thread, self._write, [arrival for arrival, _ in batch])
            except asyncio.CancelledError:
                raise
            except Exception as failed:
                error = failed
            for _, done in batch:
                if done.done():
                    continue
                if error is None:
                    done.set_result(None)
                else:
                    done.set_exception(error)

    def _write(self, arrivals: Sequence[Arrival]) -> None:
        """All of them in one transaction; where PostgreSQL refuses one, each by itself, that one as a dead letter."""
        if self._conn is None or self._conn.closed:
            self._conn = self._ctx.connect()
        try:
            try:
                with self._conn.transaction():
                    land(self._conn, arrivals)
            except psycopg.DataError:
                for arrival in arrivals:
                    self._write_one(self._conn, arrival)
        except psycopg.OperationalError:
            self._conn.close()
            raise

    def _write_one(self, conn: psycopg.Connection, arrival: Arrival) -> None:
        try:
            with conn.transaction():
                land(conn, [arrival])
        except psycopg.DataError:
            with conn.transaction():
                land(conn, [arrival._replace(error="PostgreSQL does not take it for JSON")])


def own_id(body: bytes) -> object:
    """The payload, for the source's own id; None where it is no JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None

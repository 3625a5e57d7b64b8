"""The archive as Dagster's parts are given it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import dagster as dg

from wa_pipeline.errors import DatabaseRefused, DatabaseRefuses, WaError

if TYPE_CHECKING:
    import psycopg

    from wa_pipeline.steps.context import Context, Progress


KEPT = 4
_KEPT: deque[psycopg.Connection] = deque()
"""Connections of this process's ticks that no tick has in hand."""


class Archive:
    """Opens the archive for one asset, check or tick: the database, the media store, the sealing keys.

    Given an open context it lends that one and leaves it open, which is how a command that holds the archive already
    runs a job in its own process and is told of its progress.
    """

    def __init__(self, opened: Context | None = None, progress: Progress | None = None) -> None:
        self._opened = opened
        self.progress = progress

    @contextmanager
    def open(self, *, run_id: str | None = None, any_version: bool = False) -> Iterator[Context]:
        """The archive, its schema checked against the code's unless `any_version`.

        `run_id` notes this process as the one that carries the run. A `WaError` becomes a Dagster failure that shows
        its one sentence; a database error loses its detail, which quotes the row's own text, before Dagster's event
        log can keep it for ever.
        """
        with _told(), self._context() as ctx:
            with ctx.connect() as conn:
                if run_id:
                    _note_process(conn, run_id)
                if not any_version:
                    from wa_pipeline.archive.migrations import check_version

                    check_version(conn)
            yield ctx

    @contextmanager
    def glance(self) -> Iterator[psycopg.Connection]:
        """A connection for the small question a tick asks every few seconds; each statement commits by itself.

        It is kept for the next tick of this process: opening the archive and connecting cost fifty times what such a
        question does. Errors as with `open`.
        """
        import psycopg

        from wa_pipeline.archive.migrations import check_version

        with _told(), ExitStack() as stack:
            conn = _kept() if self._opened is None else None
            if conn is None:
                # Held until the tick ends: without `wa up`, this may be all that keeps the database going.
                conn = stack.enter_context(self._context()).connect(autocommit=True)
                stack.callback(_keep if self._opened is None else psycopg.Connection.close, conn)
                check_version(conn)
            else:
                stack.callback(_keep, conn)
            yield conn

    @contextmanager
    def _context(self) -> Iterator[Context]:
        if self._opened is not None:
            yield self._opened
            return
        from wa_pipeline.settings import load_settings
        from wa_pipeline.steps.context import open_context

        with open_context(load_settings()) as ctx:
            yield ctx


def _kept() -> psycopg.Connection | None:
    """A connection of an earlier tick, found to work; None where there is none."""
    import psycopg

    from wa_pipeline.archive.migrations import check_version

    while _KEPT:
        conn = _KEPT.pop()
        try:
            check_version(conn)
        except (psycopg.OperationalError, DatabaseRefuses):
            # The server was stopped, or started again, in between.
            conn.close()
        except BaseException:
            conn.close()
            raise
        else:
            return conn
    return None


def _keep(conn: psycopg.Connection) -> None:
    if conn.broken or len(_KEPT) >= KEPT:
        conn.close()
    else:
        _KEPT.append(conn)


@contextmanager
def _told() -> Iterator[None]:
    """Errors as Dagster may show and keep them: one sentence each, and nothing that quotes a row."""
    import psycopg

    try:
        yield
    except WaError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    except psycopg.Error as error:
        refused = DatabaseRefused(
            reason=error.diag.message_primary or type(error).__name__, code=error.sqlstate or "no code"
        )
        raise dg.Failure(description=str(refused), allow_retries=False) from refused


def _note_process(conn: psycopg.Connection, run_id: str) -> None:
    from wa_pipeline.archive import processes
    from wa_pipeline.instance.marks import mark_of

    mark = mark_of()
    if mark:
        processes.record(conn, run_id, mark)

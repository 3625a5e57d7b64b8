"""The archive as Dagster's parts are given it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import dagster as dg

from wa_pipeline.errors import DatabaseRefused, WaError

if TYPE_CHECKING:
    import psycopg

    from wa_pipeline.steps.context import Context, Progress


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
        import psycopg

        try:
            with self._context() as ctx:
                with ctx.connect() as conn:
                    if run_id:
                        _note_process(conn, run_id)
                    if not any_version:
                        from wa_pipeline.archive.migrations import check_version

                        check_version(conn)
                yield ctx
        except WaError as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error
        except psycopg.Error as error:
            refused = DatabaseRefused(
                reason=error.diag.message_primary or type(error).__name__, code=error.sqlstate or "no code"
            )
            raise dg.Failure(description=str(refused), allow_retries=False) from refused

    @contextmanager
    def _context(self) -> Iterator[Context]:
        if self._opened is not None:
            yield self._opened
            return
        from wa_pipeline.settings import load_settings
        from wa_pipeline.steps.context import open_context

        with open_context(load_settings()) as ctx:
            yield ctx


def _note_process(conn: psycopg.Connection, run_id: str) -> None:
    from wa_pipeline.archive import processes
    from wa_pipeline.instance.marks import mark_of

    mark = mark_of()
    if mark:
        processes.record(conn, run_id, mark)

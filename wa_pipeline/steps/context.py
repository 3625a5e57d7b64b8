"""What every step works with: the settings, the archive, the media store, the sealing keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import psycopg

from wa_pipeline import embedded
from wa_pipeline.archive import db
from wa_pipeline.errors import WaError
from wa_pipeline.settings import Settings

if TYPE_CHECKING:
    from wa_pipeline.sealing import Sealer
    from wa_pipeline.storage import MediaStore

ServerKind = Literal["external", "system", "embedded"]
Counts = Mapping[str, int | float | str]
Progress = Callable[[Counts], None]


class Context:
    """One process's hold on the archive and the store. Both open at first use; `close` gives them back."""

    def __init__(
        self,
        settings: Settings,
        archive_url: str,
        dagster_url: str,
        *,
        kind: ServerKind = "external",
        dagster_trouble: WaError | None = None,
    ) -> None:
        self.settings = settings
        self.archive_url = archive_url
        self.dagster_url = dagster_url
        self.kind = kind
        self.dagster_trouble = dagster_trouble

    def connect(self, *, autocommit: bool = False) -> psycopg.Connection:
        """A connection of the caller's own; use it as `with ctx.connect() as conn:` (commits, then closes)."""
        return db.connect(self.archive_url, autocommit=autocommit)

    @cached_property
    def store(self) -> MediaStore:
        from wa_pipeline.storage import open_store

        return open_store(self.settings)

    @cached_property
    def sealer(self) -> Sealer:
        from wa_pipeline.sealing import Sealer

        return Sealer.from_settings(self.settings)

    def close(self) -> None:
        if "store" in self.__dict__:
            self.store.close()
            del self.store


@contextmanager
def open_context(settings: Settings) -> Iterator[Context]:
    """A context over the database the settings name, or over the embedded one, started if nobody else has."""
    with embedded.running(settings) as server:
        context = Context(
            settings,
            server.archive_url,
            server.dagster_url,
            kind=server.kind,
            dagster_trouble=server.dagster_trouble,
        )
        try:
            yield context
        finally:
            context.close()

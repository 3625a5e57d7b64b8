"""Dagster's storage: dagster-postgres, reached by the spelling that works, over connections that are kept."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import create_pg_engine, pg_url_from_config
from sqlalchemy.engine import Engine

from wa_pipeline.instance.url import dagster_url

_LOCK = threading.Lock()
_ENGINES: dict[str, Engine] = {}
"""This process's one engine, by its address: its presence also says that Dagster's tables are there."""


class ArchivePostgresStorage(DagsterPostgresStorage):
    """dagster-postgres for whoever loads dagster.yaml, `dagster dev` included; see `wa_pipeline.instance.url`.

    dagster-postgres opens a connection for every single statement, some ninety for a run of two assets, and each costs
    a password handshake: half of such a run's time. And the code server opens an instance for every tick, which looks
    for Dagster's tables over three connections more: most of what an idle `wa up` did. One engine a process, shared by
    the three storages and by all its instances, keeps connections open and looks once.
    """

    def __init__(
        self,
        postgres_url: str,
        should_autocreate_tables: bool = True,
        inst_data: ConfigurableClassData | None = None,
    ) -> None:
        with _LOCK:
            known = _ENGINES.get(postgres_url)
        super().__init__(postgres_url, should_autocreate_tables and known is None, inst_data)
        self._engine = known or _open(postgres_url)
        for storage in (self._run_storage, self._event_log_storage, self._schedule_storage):
            storage._engine.dispose()
            storage._engine = self._engine

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> ArchivePostgresStorage:
        return cls(
            postgres_url=dagster_url(pg_url_from_config(config_value)),
            should_autocreate_tables=bool(config_value.get("should_autocreate_tables", True)),
            inst_data=inst_data,
        )


def _open(postgres_url: str) -> Engine:
    """The engine of this address from now on; another address's gives its connections back."""
    with _LOCK:
        if postgres_url not in _ENGINES:
            for other in _ENGINES.values():
                other.dispose()
            _ENGINES.clear()
            _ENGINES[postgres_url] = create_pg_engine(
                postgres_url,
                isolation_level="AUTOCOMMIT",
                # As many as the daemon's threads ask at a time; a run seldom has more than one.
                pool_size=4,
                max_overflow=20,
                pool_recycle=600,
                pool_pre_ping=True,
            )
        return _ENGINES[postgres_url]

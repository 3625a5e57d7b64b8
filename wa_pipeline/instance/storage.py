"""Dagster's storage: dagster-postgres, reached by the spelling that works, over connections that are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import create_pg_engine, pg_url_from_config

from wa_pipeline.instance.url import dagster_url


class ArchivePostgresStorage(DagsterPostgresStorage):
    """dagster-postgres for whoever loads dagster.yaml, `dagster dev` included; see `wa_pipeline.instance.url`.

    dagster-postgres opens a connection for every single statement, some ninety for a run of two assets, and each costs
    a password handshake: half of such a run's time. One engine shared by the three storages keeps one open instead.
    """

    def __init__(
        self,
        postgres_url: str,
        should_autocreate_tables: bool = True,
        inst_data: ConfigurableClassData | None = None,
    ) -> None:
        super().__init__(postgres_url, should_autocreate_tables, inst_data)
        self._engine = create_pg_engine(
            postgres_url,
            isolation_level="AUTOCOMMIT",
            pool_size=1,
            max_overflow=20,
            pool_recycle=600,
            pool_pre_ping=True,
        )
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

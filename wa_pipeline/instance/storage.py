"""Dagster's storage: dagster-postgres, with its address put into the spelling that works."""

from __future__ import annotations

from dagster._core.storage.config import PostgresStorageConfig
from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import pg_url_from_config

from wa_pipeline.instance.url import dagster_url


class ArchivePostgresStorage(DagsterPostgresStorage):
    """dagster-postgres for whoever loads dagster.yaml, `dagster dev` included; see `wa_pipeline.instance.url`."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: PostgresStorageConfig
    ) -> ArchivePostgresStorage:
        return cls(
            postgres_url=dagster_url(pg_url_from_config(config_value)),
            should_autocreate_tables=config_value.get("should_autocreate_tables", True),
            inst_data=inst_data,
        )

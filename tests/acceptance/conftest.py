"""A context over a migrated archive with its bucket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from wa_pipeline.settings import Settings
from wa_pipeline.steps.context import Context, open_context


@pytest.fixture
def ctx(
    wa_home: Path, database_url: str, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Context]:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("DAGSTER_PG_URL", empty_database_url)
    with open_context(Settings()) as opened:
        opened.store.ensure_bucket()
        yield opened

"""A context over a migrated archive and an empty database for Dagster, and what a test runs in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from wa_pipeline.settings import Settings
from wa_pipeline.steps.context import Context, open_context

EXPORT = """\
21/03/2024, 18:02 - Messages and calls are end-to-end encrypted.
21/03/2024, 18:03 - Ines Barrow: Who waters the beans on Sunday?
21/03/2024, 18:05 - Tomasz: I can
25/03/2024, 07:41 - Ines Barrow: Thank you, the key is under the pot
"""


@pytest.fixture
def settings(wa_home: Path, database_url: str, empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The environment's settings, as a run's own process would read them."""
    for name in ("DAGSTER_HOME", "DAGSTER_PG_URL"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("DAGSTER_PG_URL", empty_database_url)
    return Settings()


@pytest.fixture
def ctx(settings: Settings) -> Iterator[Context]:
    with open_context(settings) as opened:
        opened.store.ensure_bucket()
        yield opened


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A chat of three messages and one system line, dates past the twelfth of the month."""
    path = tmp_path / "WhatsApp Chat with Bean Rota.txt"
    path.write_text(EXPORT, encoding="utf-8")
    return path

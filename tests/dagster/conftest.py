"""A context over a migrated archive and an empty database for Dagster, and what a test runs in it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from wa_pipeline.settings import Settings
from wa_pipeline.steps.context import Context, open_context
from wa_pipeline.up.ports import free_port

REPOSITORY = Path(__file__).resolve().parents[2]
WA = [sys.executable, "-c", "from wa_pipeline.cli import main; main()"]

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


@pytest.fixture
def environment(wa_home: Path, database_url: str, empty_database_url: str) -> dict[str, str]:
    """A home of its own on two databases of its own, its ports beside everybody else's."""
    return {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "WA_HOME": str(wa_home),
        "DATABASE_URL": database_url,
        "DAGSTER_PG_URL": empty_database_url,
        "WA_EXPORT_TZ": "Europe/London",
        "WA_DAGSTER_PORT": str(free_port("127.0.0.1", 3950, what="a test", variable="-")),
        "WA_CONSOLE_PORT": str(free_port("127.0.0.1", 8950, what="a test", variable="-")),
    }


@pytest.fixture
def up(environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """`wa up --json`, ready; and its links."""
    process = subprocess.Popen(
        [*WA, "up", "--json"],
        env=environment,
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        # As a shell does for `wa up &`.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        yield process, json.loads(line)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(60)
        process.stdout.close()
        process.stderr.close()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral

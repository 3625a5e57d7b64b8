"""An archive for live messages, with the sample's group monitored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.data.baileys_expected import GROUP
from wa_pipeline.settings import Settings
from wa_pipeline.steps.context import Context


@pytest.fixture
def ctx(database_url: str, wa_home: Path) -> Iterator[Context]:
    context = Context(Settings(home=wa_home), database_url, "unused")
    yield context
    context.close()


@pytest.fixture
def conn(ctx: Context) -> Iterator[psycopg.Connection]:
    with ctx.connect(autocommit=True) as opened:
        monitor(opened)
        yield opened


def monitor(conn: psycopg.Connection, group: str = GROUP) -> None:
    conn.execute("insert into public.groups (wa_group_id, name, monitor) values (%s, %s, true)", (group, group))

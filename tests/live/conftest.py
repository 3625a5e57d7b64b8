"""An archive for live messages, with the sample's group monitored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.data.baileys_expected import GROUP
from tests.live.cdn import Cdn, serving_cdn
from wa_pipeline.settings import Settings
from wa_pipeline.steps.bucket import ensure_bucket
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


@pytest.fixture
def cdn() -> Iterator[Cdn]:
    with serving_cdn() as served:
        yield served


@pytest.fixture
def downloading(database_url: str, wa_home: Path, cdn: Cdn) -> Iterator[Context]:
    """An archive with its bucket, the group monitored, that may download from the stand-in."""
    context = Context(Settings(home=wa_home, media_hosts=cdn.host), database_url, "unused")
    ensure_bucket(context)
    with context.connect() as conn:
        monitor(conn)
    yield context
    context.close()

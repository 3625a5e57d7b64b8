"""Files that lie in a store that is not next door."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.fixtures import files_under
from tests.enrich.test_queue import entries, picture, texts
from tests.storage.standin import KEY, StandIn, running_standin
from wa_pipeline.settings import Settings
from wa_pipeline.steps.bucket import ensure_bucket
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.enrich import enrich
from wa_pipeline.steps.intake import open_intake

FILES = 10


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with running_standin() as server:
        yield server


@pytest.fixture
def distant(standin: StandIn, wa_home: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    """An archive with ten pictures due, in a store that takes half a second for each answer from here on."""
    monkeypatch.setenv("SUPABASE_URL", standin.url)
    monkeypatch.setenv("SUPABASE_SECRET_KEY", KEY)
    ctx = Context(Settings(database_url=database_url, home=wa_home), database_url, database_url)
    ensure_bucket(ctx)
    with ctx.connect() as conn, open_intake(ctx) as intake:
        for number in range(FILES):
            intake.take_in(conn, io.BytesIO(picture(f"number {number}")), name="a.png")
    standin.fail("slow", "POST /object/sign", times=99)
    standin.most_open = 0
    yield ctx
    ctx.close()


def test_several_are_fetched_at_once(distant: Context, standin: StandIn) -> None:
    assert enrich(distant, "ocr").done == FILES
    assert sorted(text or "" for text in texts(distant)) == [f"number {number}" for number in range(FILES)]
    assert 1 < standin.most_open <= 6
    assert files_under(distant.settings.home / "tmp") == []


def test_one_that_is_not_there_fails_alone(distant: Context, standin: StandIn) -> None:
    objects = standin.buckets["wa-media"].objects
    del objects[next(iter(objects))]
    report = enrich(distant, "ocr")
    assert (report.done, report.failed, report.failed_by_reason) == (FILES - 1, 1, {"ObjectMissing": 1})
    assert sorted(state for (state,) in entries(distant, "state")) == ["done"] * (FILES - 1) + ["failed"]

"""The sample exports, imported twice into a real archive, leave exactly the rows that their story makes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from wa_pipeline.demo import expected, sample_exports
from wa_pipeline.settings import load_settings
from wa_pipeline.steps.bucket import ensure_bucket
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.exports import register_export
from wa_pipeline.steps.import_export import ImportReport, import_export


@pytest.fixture
def archive(database_url: str, wa_home: Path) -> Iterator[Context]:
    """An archive with its bucket and the demo's blocked sender."""
    ctx = Context(load_settings(), database_url, database_url)
    ensure_bucket(ctx)
    with ctx.connect() as conn:
        for block in expected()["block_senders"]:
            conn.execute("insert into block_senders (sender, reason) values (%(sender)s, %(reason)s)", block)
    yield ctx
    ctx.close()


def import_all(ctx: Context) -> list[ImportReport]:
    keys = [register_export(ctx, one.path, tz=one.tz, date_order=None, group=None) for one in sample_exports()]
    return [import_export(ctx, key) for key in keys]


def test_importing_the_samples_twice_leaves_what_the_story_tells(archive: Context) -> None:
    says = expected()
    for report, one in zip(import_all(archive), says["exports"], strict=True):
        fields = ("messages", "inserted", "media", "senders", "system", "date_order", "tz", "first_ts", "last_ts")
        reported = report.as_dict()
        assert {name: reported[name] for name in fields} == {name: one[name] for name in fields}
        assert (report.edited, report.deleted) == (one["edited_since"], one["deleted_since"])
        assert sum(report.skipped.values()) == one["blocked"]
    assert sum(report.inserted for report in import_all(archive)) == says["again"]["inserted"]
    with archive.connect() as conn:
        kinds = conn.execute("select kind, count(*) from messages group by kind").fetchall()
        media = conn.execute("select sha256, mime, bytes from media").fetchall()
        versions = conn.execute("select count(*) from message_versions").fetchone()
    assert dict(kinds) == says["archive"]["kinds"]
    kept = says["archive"]["media_sha256"]
    assert {sha: (mime, size) for sha, mime, size in media} == {
        sha: (one["mime"], one["bytes"]) for sha, one in kept.items()
    }
    assert versions == (sum(one["edited_since"] for one in says["exports"]),)

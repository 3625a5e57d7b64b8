"""Media that wait for their text: nothing twice, nothing lost, every entry ends with a state and a reason."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from PIL import Image, ImageDraw, ImageFont

from tests.commands.fixtures import files_under
from tests.commands.shell import environment
from tests.imports.pictures import png
from wa_pipeline.archive import queue
from wa_pipeline.steps.bucket import ensure_bucket
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.enrich import enrich
from wa_pipeline.steps.failures import list_failures, retry_failed
from wa_pipeline.steps.intake import open_intake
from wa_pipeline.storage import key_of

LEASE = timedelta(minutes=5)
Taker = Callable[..., list[UUID]]
TEXT = queue.Outcome("found", "tesseract", "5", None, 0.9, 12, None)


def picture(words: str) -> bytes:
    """Black words on white, large enough for any engine."""
    data = io.BytesIO()
    image = Image.new("RGB", (900, 160), "white")
    ImageDraw.Draw(image).text((30, 40), words, fill="black", font=ImageFont.load_default(size=64))
    image.save(data, "PNG")
    return data.getvalue()


@pytest.fixture
def take(archive: Context) -> Taker:
    """`take(bytes, …)`: files taken in as an import does, their entries pending; the media ids."""
    ensure_bucket(archive)

    def take_in(*files: bytes) -> list[UUID]:
        with archive.connect() as conn, open_intake(archive) as intake:
            return [intake.take_in(conn, io.BytesIO(data), name="a.png").id for data in files]

    return take_in


def entries(ctx: Context, columns: str = "state, attempts, error") -> list[tuple[object, ...]]:
    with ctx.connect() as conn:
        return conn.execute(f"select {columns} from media_enrichment order by media_id").fetchall()


def texts(ctx: Context) -> list[str | None]:
    with ctx.connect() as conn:
        return [row[0] for row in conn.execute("select ocr_text from media order by id").fetchall()]


def run_out(ctx: Context) -> None:
    """Every lease is over, and every pause before another try."""
    with ctx.connect() as conn:
        conn.execute(
            "update media_enrichment set lease_until = now() - interval '1 second' where lease_until is not null"
        )
        conn.execute("update media_enrichment set next_attempt_at = now() where state = 'pending'")


def start_enriching(ctx: Context) -> subprocess.Popen[str]:
    """The step in a process of its own; its report is what it prints."""
    program = (
        "from wa_pipeline.settings import load_settings\n"
        "from wa_pipeline.steps.context import open_context\n"
        "from wa_pipeline.steps.enrich import enrich\n"
        "with open_context(load_settings()) as ctx:\n"
        "    report = enrich(ctx, 'ocr')\n"
        "    print(report.done, report.failed)\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program],
        env=environment({"WA_HOME": str(ctx.settings.home)}),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_two_at_once_read_every_file_once(archive: Context, take: Taker) -> None:
    take(*(picture(f"number {n}") for n in range(40)))
    both = [start_enriching(archive), start_enriching(archive)]
    done = [int(process.communicate(timeout=200)[0].split()[0]) for process in both]
    assert sum(done) == 40
    assert entries(archive) == [("done", 1, None)] * 40
    assert all(text and "number" in text for text in texts(archive))
    assert files_under(archive.settings.home / "tmp") == []


def test_what_a_killed_one_held_is_done_by_the_next(archive: Context, take: Taker) -> None:
    take(*(picture(f"number {n}") for n in range(12)))
    process = start_enriching(archive)
    deadline = time.monotonic() + 60
    while not any(state == "running" for (state,) in entries(archive, "state")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    process.communicate()
    held = [state for (state,) in entries(archive, "state")].count("running")
    assert held
    enrich(archive, "ocr")
    assert [state for (state,) in entries(archive, "state")].count("running") == held, "their lease is not over"
    run_out(archive)
    assert enrich(archive, "ocr").done == held
    assert {state for (state,) in entries(archive, "state")} == {"done"}
    assert None not in texts(archive)


def test_a_result_that_comes_after_its_lease_is_not_written(archive: Context, take: Taker) -> None:
    (media_id,) = take(png())
    with archive.connect() as conn:
        assert len(queue.claim(conn, "ocr", "slow", 10, LEASE)) == 1
        conn.commit()
        run_out(archive)
        assert len(queue.claim(conn, "ocr", "quick", 10, LEASE)) == 1
        conn.commit()
        assert not queue.finish(conn, "ocr", "slow", media_id, TEXT, blocked=False)
        assert not queue.fail(conn, "ocr", "slow", media_id, "too late", transient=False)
        assert queue.give_back(conn, "ocr", "slow") == 0
        assert queue.finish(conn, "ocr", "quick", media_id, TEXT, blocked=False)
        assert not queue.finish(conn, "ocr", "quick", media_id, TEXT, blocked=False), "once is enough"
    assert texts(archive) == ["found"]
    assert entries(archive) == [("done", 2, None)]


def test_a_lease_that_is_held_is_nobody_elses(archive: Context, take: Taker) -> None:
    (media_id,) = take(png())
    with archive.connect() as conn:
        queue.claim(conn, "ocr", "one", 10, LEASE)
        conn.commit()
        assert queue.claim(conn, "ocr", "two", 10, LEASE) == []
        queue.extend(conn, "ocr", "two", [media_id], LEASE)
        queue.extend(conn, "ocr", "one", [media_id], timedelta(hours=1))
        conn.commit()
    (((left,),)) = entries(archive, "lease_until - now() > interval '50 minutes'")
    assert left is True


def test_a_blocked_keyword_keeps_the_text_out(archive: Context, take: Taker) -> None:
    take(picture("secret garden"), picture("open field"))
    with archive.connect() as conn:
        conn.execute("insert into block_keywords (keyword) values ('SECRET')")
    report = enrich(archive, "ocr")
    assert (report.done, report.blocked, report.pending) == (1, 1, 0)
    assert sorted(state for (state,) in entries(archive, "state")) == ["blocked", "done"]
    assert sorted((text or "-").strip() for text in texts(archive)) == ["-", "open field"]
    with archive.connect() as conn:
        everything = conn.execute("select coalesce(string_agg(t::text, ''), '') from media_enrichment t").fetchone()
    assert everything is not None
    assert "secret" not in everything[0].lower()
    assert enrich(archive, "ocr").blocked == 0, "it is not looked at again"


def test_nothing_to_read_is_not_the_same_as_not_looked_at(archive: Context, take: Taker) -> None:
    take(png(size=(200, 200)))
    assert texts(archive) == [None]
    enrich(archive, "ocr")
    assert texts(archive) == [""]
    assert entries(archive) == [("done", 1, None)]


def test_a_missing_object_is_a_failure_with_its_reason_until_it_is_back(archive: Context, take: Taker) -> None:
    take(picture("gone and back"))
    with archive.connect() as conn:
        row = conn.execute("select storage_path from media").fetchone()
    assert row is not None
    key, kept = key_of(row[0]), archive.settings.home / "kept.png"
    archive.store.fetch(key, kept)
    archive.store.delete([key])
    report = enrich(archive, "ocr")
    assert (report.done, report.failed) == (0, 1)
    assert entries(archive, "state, attempts") == [("failed", 1)]
    (failure,) = list_failures(archive)
    assert key in (failure.reason or "")
    assert enrich(archive, "ocr").failed == 0, "a failure waits for retry"
    archive.store.put(key, kept, mime="image/png")
    assert retry_failed(archive, [failure.id]) == 1
    assert entries(archive) == [("pending", 0, None)]
    assert enrich(archive, "ocr").done == 1
    assert list_failures(archive) == []
    assert "gone and back" in (texts(archive)[0] or "")


def test_a_broken_file_fails_alone(archive: Context, take: Taker) -> None:
    take(picture("one"), picture("two")[:3000], picture("three"))
    report = enrich(archive, "ocr")
    assert (report.done, report.failed) == (2, 1)
    (failure,) = list_failures(archive)
    assert failure.reason
    assert "\n" not in failure.reason


def test_an_interrupted_one_gives_everything_back(
    archive: Context, take: Taker, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(*(picture(f"number {n}") for n in range(6)))

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    # The moment between claiming and reading: Ctrl-C may come in any line, this is one.
    monkeypatch.setattr(archive.store, "fetch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        enrich(archive, "ocr")
    assert entries(archive) == [("pending", 0, None)] * 6
    assert entries(archive, "lease_owner, lease_until") == [(None, None)] * 6
    monkeypatch.undo()


def test_a_file_that_takes_its_worker_down_is_given_up_after_three_tries(archive: Context, take: Taker) -> None:
    take(png())
    for attempt in range(1, 4):
        with archive.connect() as conn:
            (claimed,) = queue.claim(conn, "ocr", f"victim {attempt}", 10, LEASE)
        assert claimed.attempts == attempt
        run_out(archive)
    assert enrich(archive, "ocr").done == 0
    ((state, attempts, error),) = entries(archive)
    assert (state, attempts) == ("failed", 3)
    assert "3 times" in str(error)
    assert texts(archive) == [None]
    assert retry_failed(archive) == 1
    assert enrich(archive, "ocr").done == 1


def test_a_passing_trouble_is_tried_again_later_and_three_times_at_most(archive: Context, take: Taker) -> None:
    (media_id,) = take(png())
    pauses = []
    for attempt in range(1, 4):
        with archive.connect() as conn:
            assert len(queue.claim(conn, "ocr", "me", 10, LEASE)) == 1
            assert queue.fail(conn, "ocr", "me", media_id, "the store is away", transient=True)
        ((state, pause),) = entries(archive, "state, next_attempt_at - now()")
        assert state == ("pending" if attempt < 3 else "failed")
        pauses.append(pause)
        with archive.connect() as conn:
            assert queue.claim(conn, "ocr", "me", 10, LEASE) == []
        run_out(archive)
    assert pauses == sorted(pauses)  # type: ignore[type-var]


def test_unknown_failures_cannot_be_retried(archive: Context, take: Taker) -> None:
    from wa_pipeline.errors import NoSuchFailure

    with pytest.raises(NoSuchFailure, match="ocr:nothing"):
        retry_failed(archive, ["ocr:nothing"])


def test_a_limit_is_kept(archive: Context, take: Taker) -> None:
    take(*(picture(f"number {n}") for n in range(5)))
    report = enrich(archive, "ocr", limit=2)
    assert (report.done, report.pending) == (2, 3)


def test_progress_is_told(archive: Context, take: Taker) -> None:
    take(picture("one"))
    told: list[dict[str, int | float | str]] = []
    enrich(archive, "ocr", lambda counts: told.append(dict(counts)))
    assert told[0]["done"] == 0, "a file is at work"
    assert told[-1] == {"done": 1, "failed": 0, "blocked": 0, "pending": 0}

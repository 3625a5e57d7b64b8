"""Whatever is sent, every file ends done or failed with a reason within its limits, and the good ones are done."""

from __future__ import annotations

import hashlib
import os
import signal

import psutil
import pytest

from tests.commands.fixtures import files_under
from tests.hostile.media import Case, hostile_media
from wa_pipeline.archive import media as rows
from wa_pipeline.extract import Extractor, Failure, Limits, Text
from wa_pipeline.steps import enrich_hold
from wa_pipeline.steps.bucket import ensure_bucket
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.enrich import enrich
from wa_pipeline.storage import object_key, storage_path

LIMITS = Limits(
    document_seconds=8, memory_bytes=400 << 20, unpacked_bytes=30_000_000, audio_seconds=1800, start_seconds=300
)
WORD = {"ocr": "harbour", "asr": "plumber"}


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    return hostile_media(tmp_path_factory.mktemp("hostile"), megabytes=60)


def test_every_file_ends_and_the_good_ones_are_done_though_workers_are_killed(cases: list[Case]) -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    to_strike = {"good 3", "good note"}

    def strike(name: str) -> None:
        if name in to_strike:
            to_strike.remove(name)
            for child in psutil.Process().children():
                if child.pid not in before:
                    os.kill(child.pid, signal.SIGKILL)

    outcomes: dict[str, Text | Failure] = {}
    with Extractor(LIMITS, workers=1) as extractor:
        for step in ("ocr", "asr"):
            items = [(case.name, case.path, case.mime) for case in cases if case.step == step]
            outcomes |= dict(extractor.read(step, items, strike))
    assert not to_strike
    assert set(outcomes) == {case.name for case in cases}
    wrong = {case.name: outcomes[case.name] for case in cases if not _ended_well(case, outcomes[case.name])}
    assert wrong == {}
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


def _ended_well(case: Case, outcome: Text | Failure) -> bool:
    if isinstance(outcome, Failure):
        return case.ends != "done" and bool(outcome.reason) and "\n" not in outcome.reason
    return case.ends != "failed" and (case.ends == "either" or WORD[case.step] in outcome.text)


def test_in_the_queue_each_of_them_ends_with_its_state(
    cases: list[Case], archive: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through store and queue, with the limits of every run: nothing is left due, and nothing on the disk."""
    slow = {"elements bomb", "flate bomb", "endless pdf"}
    small = {"zip bomb", "sheet bomb"}
    different = {case.path: case for case in cases if case.step == "ocr" and case.name not in slow | small}
    mine = list(different.values())
    monkeypatch.setattr(enrich_hold, "BATCH", {"ocr": 5, "asr": 5})
    ensure_bucket(archive)
    with archive.connect() as conn:
        for case in mine:
            sha256 = hashlib.sha256(case.path.read_bytes()).hexdigest()
            key = object_key(sha256, case.path.suffix[1:])
            archive.store.put(key, case.path, mime=case.mime)
            new = rows.NewMedia(sha256, case.mime, 1, None, None, None, storage_path(key), {"case": case.name})
            rows.add(conn, new, ["ocr"])
    report = enrich(archive, "ocr")
    assert report.done + report.failed == len(mine)
    with archive.connect() as conn:
        ends = conn.execute(
            "select d.meta->>'case', e.state, e.error from media_enrichment e join media d on d.id = e.media_id"
        ).fetchall()
    by_name = {case.name: case for case in mine}
    for name, state, error in ends:
        wanted = by_name[name].ends
        assert state in ("done", "failed") if wanted == "either" else state == wanted, (name, error)
        assert (state == "done") == (error is None)
    assert files_under(archive.settings.home / "tmp") == []

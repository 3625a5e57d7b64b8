"""Whatever happens to a worker, the good files of its batch are done and no process stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.extract import material
from wa_pipeline.errors import EngineMissing
from wa_pipeline.extract import EngineReport, Extractor, Failure, Limits, Text, engine_report, process, unread_scripts
from wa_pipeline.extract.installed import find_tesseract
from wa_pipeline.extract.messages import Missing, Result, Working, pack_reply, unpack_reply
from wa_pipeline.extract.scratch import Scratch
from wa_pipeline.extract.scripts import LANGUAGES

ROOT = Path(__file__).resolve().parents[2]


def workers(of: int | None = None) -> list[psutil.Process]:
    """The worker processes below a process, and the engines below them."""
    return [child for child in psutil.Process(of).children(recursive=True) if _runs(child)]


def _runs(child: psutil.Process) -> bool:
    try:
        return bool(child.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def gone(processes: list[psutil.Process], within: float = 10) -> bool:
    _, alive = psutil.wait_procs(processes, within)
    return not alive


@pytest.fixture
def pictures(tmp_path: Path) -> list[tuple[str, Path, str]]:
    items = []
    for number in range(8):
        material.picture((f"ticket {number} harbour",)).save(tmp_path / f"{number}.png")
        items.append((str(number), tmp_path / f"{number}.png", "image/png"))
    return items


def all_read(results: dict[str, Text | Failure], but: tuple[str, ...] = ()) -> bool:
    found = {name: isinstance(result, Text) and "harbour" in result.text for name, result in results.items()}
    return len(found) == 8 and all(read != (name in but) for name, read in found.items())


def test_a_worker_killed_in_the_middle_costs_nothing(pictures: list[tuple[str, Path, str]]) -> None:
    mine = {child.pid for child in workers()}
    killed: list[int] = []

    def strike(name: str) -> None:
        if name == "2" and not killed:
            killed.extend(child.pid for child in workers() if child.pid not in mine)
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    with Extractor(workers=1) as extractor:
        results = dict(extractor.read("ocr", pictures, strike))
    assert killed
    assert all_read(results)


def test_a_worker_that_died_while_it_waited_is_replaced(tmp_path: Path) -> None:
    with Extractor() as extractor:
        extractor.probe(material.ENGLISH)
        [idle] = extractor.pids()
        os.kill(idle, signal.SIGKILL)
        assert gone([psutil.Process(idle)])
        assert extractor.probe(material.ENGLISH).mime == "audio/ogg"
        assert extractor.pids() != [idle]


def test_two_readings_may_overlap(pictures: list[tuple[str, Path, str]]) -> None:
    with Extractor(workers=1) as extractor:
        first = extractor.read("ocr", pictures)
        one = dict([next(first)])
        assert all_read(dict(extractor.read("ocr", pictures)))
        assert all_read({**one, **dict(first)})


def test_a_file_that_kills_its_worker_every_time_fails_alone(pictures: list[tuple[str, Path, str]]) -> None:
    mine = {child.pid for child in workers()}

    def strike(name: str) -> None:
        if name == "5":
            for child in workers():
                if child.pid not in mine:
                    child.kill()

    # A picture of the largest size is in preparation long enough for the blow to fall.
    from PIL import Image

    Image.new("L", (9900, 9900), 255).save(pictures[5][1], compress_level=1)
    with Extractor(workers=1) as extractor:
        results = dict(extractor.read("ocr", pictures, strike))
    assert all_read(results, but=("5",))
    failure = results["5"]
    assert isinstance(failure, Failure)
    assert (failure.reason, failure.transient) == ("it was killed from outside", True)


def test_a_file_that_hangs_fails_alone_and_its_worker_is_replaced(tmp_path: Path) -> None:
    mine = {child.pid for child in workers()}

    def freeze(name: str) -> None:
        if name == "hangs":
            for child in workers():
                if child.pid not in mine:
                    child.suspend()

    short = material.docx(tmp_path / "short.docx", "harbour")
    long = material.pdf(tmp_path / "long.pdf", *[material.picture()] * 8)
    items = [("first", short, material.DOCX), ("hangs", long, "application/pdf"), ("last", short, material.DOCX)]
    began = time.monotonic()
    with Extractor(Limits(document_seconds=5), workers=1) as extractor:
        results = dict(extractor.read("ocr", items, freeze))
        pids = extractor.pids()
    assert time.monotonic() - began < 60
    failure = results["hangs"]
    assert isinstance(failure, Failure)
    assert failure.reason == "it took longer than 5 s"
    assert all(isinstance(results[name], Text) for name in ("first", "last"))
    assert len(pids) == 1


def test_memory_is_limited_and_the_next_file_is_read(pictures: list[tuple[str, Path, str]]) -> None:
    from PIL import Image

    Image.new("RGB", (9000, 9000), "white").save(pictures[3][1], compress_level=1)
    with Extractor(Limits(memory_bytes=400 << 20), workers=1) as extractor:
        results = dict(extractor.read("ocr", pictures))
    assert all_read(results, but=("3",))
    failure = results["3"]
    assert isinstance(failure, Failure)
    assert "memory" in failure.reason


def test_closing_ends_every_process_and_leaves_no_file(pictures: list[tuple[str, Path, str]]) -> None:
    before = {child.pid for child in workers()}
    with Extractor() as extractor:
        extractor.probe(pictures[0][1])
        assert all_read(dict(extractor.read("ocr", pictures)))
        started = [child for child in workers() if child.pid not in before]
        folder = extractor.scratch
        assert folder is not None
        assert folder.exists()
        assert started
    assert gone(started)
    assert not folder.exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_leaving_in_the_middle_ends_what_is_running(
    pictures: list[tuple[str, Path, str]], error: type[BaseException]
) -> None:
    before = {child.pid for child in workers()}
    started: list[psutil.Process] = []

    def look(name: str) -> None:
        started.extend(child for child in workers() if child.pid not in before)
        raise error

    with Extractor() as extractor, pytest.raises(error):
        list(extractor.read("ocr", pictures, look))
    assert started
    assert gone(started)
    with Extractor() as extractor:
        for _ in extractor.read("ocr", pictures):
            break
        assert all_read(dict(extractor.read("ocr", pictures)))


OWNER = """
import sys
from pathlib import Path
from wa_pipeline.extract import Extractor
extractor = Extractor()
extractor.probe(Path(sys.argv[1]))
items = [(str(n), Path(sys.argv[1]), "image/png") for n in range(400)]
for name, _ in extractor.read("ocr", items, lambda name: print(name, flush=True)):
    pass
"""


def _stopped(child: psutil.Process) -> bool:
    """Whether this is an engine, stopped at its work so that it cannot come to its end by itself."""
    try:
        if child.name() != "tesseract":
            return False
        child.suspend()
        return child.status() == psutil.STATUS_STOPPED
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_workers_and_their_engines_die_with_their_owner(
    pictures: list[tuple[str, Path, str]], blow: signal.Signals
) -> None:
    command = [sys.executable, "-c", OWNER, str(pictures[0][1])]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as owner:
        assert owner.stdout is not None
        for _ in range(18):
            owner.stdout.readline()
        engine = below = None
        deadline = time.monotonic() + 20
        while engine is None and time.monotonic() < deadline:
            below = workers(owner.pid)
            engine = next((child for child in below if _stopped(child)), None)
        assert engine is not None
        assert below is not None
        owner.send_signal(blow)
    assert gone(below)


def test_a_worker_outlives_the_thread_that_started_it() -> None:
    with Extractor() as own:
        thread = threading.Thread(target=own.probe, args=(material.ENGLISH,))
        thread.start()
        thread.join()
        time.sleep(0.2)
        [worker] = own.pids()
        assert own.probe(material.GERMAN).mime == "audio/ogg"
        assert own.pids() == [worker]


def test_what_a_killed_owner_left_on_disk_is_removed_by_the_next() -> None:
    first = Scratch()
    left = first.folder.with_name("wa-extract-left-behind")
    left.mkdir()
    (left / "page.pgm").touch()
    second = Scratch()
    assert not left.exists()
    assert first.folder.exists()
    first.close()
    second.close()


def test_a_missing_engine_is_one_sentence(tmp_path: Path, pictures: list[tuple[str, Path, str]]) -> None:
    with Extractor(model=str(tmp_path)) as extractor, pytest.raises(EngineMissing, match=r"holds no model\.bin"):
        list(extractor.read("asr", [("a", material.ENGLISH, "audio/ogg")]))
    with Extractor(languages="tlh") as extractor:
        there = r"'tlh' cannot be used: it has [a-z_, ]*deu, [a-z_, ]*eng[a-z_, ]*; set WA_OCR_LANGUAGES"
        with pytest.raises(EngineMissing, match=there):
            list(extractor.read("ocr", pictures))
        document = [("d", material.docx(tmp_path / "d.docx", "no engine needed"), material.DOCX)]
        assert all(isinstance(result, Text) for _, result in extractor.read("ocr", document))


def test_scripts_that_no_engine_reads_are_named_with_what_to_do() -> None:
    have = find_tesseract("eng").have
    scripts = ["Latn", "Hani", "Cyrl", "Grek", "Ethi"]
    lacking = [script for script in scripts if script in LANGUAGES and have.isdisjoint(LANGUAGES[script])]
    assert unread_scripts(scripts, "eng", "rapidocr").keys() == {"Cyrl", "Grek", "Ethi"}
    assert list(unread_scripts(scripts, "eng", "cascade")) == sorted({*lacking} - {"Hani"})
    assert list(unread_scripts(scripts, "eng", "tesseract")) == sorted(lacking)
    if "amh" not in have:
        assert unread_scripts(["Ethi"], "eng", "cascade") == {"Ethi": "install tesseract-ocr-amh"}


def test_the_report_says_what_there_is_and_what_is_missing(tmp_path: Path) -> None:
    ocr, rapid, asr = engine_report("eng+deu+tlh")
    assert isinstance(ocr, EngineReport)
    assert ocr.ok
    assert (ocr.languages, ocr.missing_languages) == (("eng", "deu"), ("tlh",))
    assert "tesseract-ocr-tlh" in (ocr.note or "")
    assert (rapid.engine, rapid.ok) == ("rapidocr", True)
    assert (asr.ok, asr.model) == (True, "base")
    *_, wrong = engine_report(model=str(tmp_path / "nowhere"))
    assert not wrong.ok
    assert "there is no folder" in (wrong.note or "")


def test_answers_survive_the_journey_and_nonsense_is_refused() -> None:
    said = Result(3, Text("ß\ud800 \u2028", 0.5, "de", "e", "1", 7, [{"start": 0.0, "end": 1.5, "text": "ß"}]))
    assert unpack_reply(pack_reply(said)) == said
    for reply in (Working((1, 2), 3.5), Missing("a", "b")):
        assert unpack_reply(pack_reply(reply)) == reply
    for nonsense in (b"", b"[]", b'["Result", {}]', b'["Exec", {}]', b"\x80\x04"):
        with pytest.raises((ValueError, KeyError, TypeError)):
            unpack_reply(nonsense)


PASSES_OVER = """
import sys
sys.path.insert(0, sys.argv.pop(1))
from wa_pipeline.extract import worker
probe = worker._Reader._probe
worker._Reader._probe = lambda self, items: probe(self, {n: one for n, one in items.items() if one.mime != "lost"})
worker.main()
"""


def test_a_file_the_engine_passes_over_is_tried_alone_and_then_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that ends its batch with fewer answers than files, as an engine may that loses count."""
    monkeypatch.setattr(process, "_BEGIN", PASSES_OVER)
    with Extractor() as extractor:
        probes = extractor.probe_many([(material.ENGLISH, "a"), (material.ENGLISH, "lost"), (material.GERMAN, "b")])
    assert [probe.note for probe in probes] == [None, "the engine gave no answer for it", None]


def test_files_are_fetched_while_others_are_read(pictures: list[tuple[str, Path, str]]) -> None:
    fetched: list[str] = []

    def fetch() -> Iterator[tuple[str, Path, str]]:
        for picture in pictures:
            fetched.append(picture[0])
            yield picture

    done_when_fetched = []
    with Extractor(Limits(batch=1), workers=1) as extractor:
        for name, _ in extractor.read("ocr", fetch()):
            done_when_fetched.append((name, len(fetched)))
    assert done_when_fetched[0] == ("0", 2)
    assert len(done_when_fetched) == len(pictures)

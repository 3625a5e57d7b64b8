"""What only the local store has to promise: nothing half-written, nothing readable by others, keys that last."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.storage.conftest import Sample
from wa_pipeline.errors import LinkRefused, StoreDiskFull, StoreError
from wa_pipeline.storage import LocalStore, read_or_make

Samples = Callable[..., Sample]

PUTS = """
import sys
from pathlib import Path
from wa_pipeline.storage import LocalStore
root, name, path = sys.argv[1:]
store = LocalStore(Path(root), signing_key=Path(root) / "k", base_url="http://x")
print("go", flush=True)
while True:
    store.put(name, Path(path), mime="video/mp4")
    store.delete([name])
"""


def _another(store: LocalStore, tmp_path: Path) -> LocalStore:
    return LocalStore(Path(store.where), signing_key=tmp_path / "secrets" / "signing.key", base_url="http://else")


def test_a_kill_at_any_moment_leaves_a_whole_object_or_none(local: LocalStore, sample: Samples, tmp_path: Path) -> None:
    one = sample(os.urandom(1 << 20) * 8, "mp4")
    for attempt in range(6):
        command = [sys.executable, "-c", PUTS, local.where, one.key, str(one.path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()) as process:
            assert process.stdout
            process.stdout.readline()
            time.sleep(0.01 + 0.013 * attempt)
            process.send_signal(signal.SIGKILL)
        assert {stored.bytes for stored in local.list()} <= {len(one.body)}
    local.put(one.key, one.path, mime="video/mp4")
    with local.open(one.key) as stream:
        assert stream.read() == one.body


def test_drafts_of_killed_processes_are_cleared_after_a_day(local: LocalStore) -> None:
    drafts = Path(local.where) / ".incoming"
    for name, age_h in (("old", 25), ("young", 1)):
        (drafts / name).write_bytes(b"half")
        os.utime(drafts / name, (time.time() - age_h * 3600,) * 2)
    local.ensure_bucket()
    assert [draft.name for draft in drafts.iterdir()] == ["young"]
    assert list(local.list()) == []


def test_nobody_else_on_the_machine_can_read_it(local: LocalStore, sample: Samples, tmp_path: Path) -> None:
    one = sample()
    local.put(one.key, one.path, mime="image/jpeg")
    local.sign([one.key], ttl=timedelta(days=1))
    paths = [*(Path(local.where) / "wa-media").rglob("*"), *(tmp_path / "secrets").rglob("*"), tmp_path / "secrets"]
    assert len(paths) == 4
    assert all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in paths)


def test_a_full_disk_is_said_and_leaves_nothing(
    local: LocalStore, sample: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    one = sample()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreDiskFull, match="full"):
        local.put(one.key, one.path, mime="image/jpeg")
    assert list(local.list()) == []
    assert list((Path(local.where) / ".incoming").iterdir()) == []


def test_a_folder_in_the_way_is_one_sentence(local: LocalStore, sample: Samples) -> None:
    one = sample()
    (Path(local.where) / "wa-media" / one.key.split("/")[0]).write_bytes(b"a file where a folder belongs")
    with pytest.raises(StoreError, match=r"[Ff]ile exists|[Nn]ot a directory"):
        local.put(one.key, one.path, mime="image/jpeg")


def test_links_outlive_the_process_that_signed_them(local: LocalStore, sample: Samples, tmp_path: Path) -> None:
    one = sample()
    local.put(one.key, one.path, mime="image/jpeg")
    link = local.sign([one.key], ttl=timedelta(days=7))[one.key]
    token = link.url.partition("?token=")[2]
    assert _another(local, tmp_path).verify(one.key, token) == link.expires_at


def test_a_link_s_end_cannot_be_moved(local: LocalStore, sample: Samples) -> None:
    one = sample()
    local.put(one.key, one.path, mime="image/jpeg")
    expires, _, mac = local.sign([one.key], ttl=timedelta(days=1))[one.key].url.partition("?token=")[2].partition(".")
    for forged in (f"{int(expires) + 1}.{mac}", f"0{expires}.{mac}.", f"-{expires}.{mac}", f"{expires}.", "", "a.b"):
        with pytest.raises(LinkRefused):
            local.verify(one.key, forged)


def test_a_secret_is_made_once_whoever_asks_first(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "one"
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(read_or_make(path))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 12
    assert len({*found}) == 1
    assert len(found[0]) >= 32
    assert [entry.name for entry in path.parent.iterdir()] == ["one"]

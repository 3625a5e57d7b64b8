"""A full disk: one sentence, nothing half-written, and with more room the same command completes."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.commands.shell import COMMAND, environment
from tests.faults.leftovers import MARK, living, none_left
from tests.postgres import TemporaryServer
from wa_pipeline.steps.context import Context


def in_a_small_disk(home: Path, size: str, script: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """Run a shell script in a mount namespace of its own, where the home is a file system of this size."""
    namespace = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]
    mount = f"mount -t tmpfs -o size={size},mode=0755 tmpfs {shlex.quote(str(home))} || exit 99\n"
    return subprocess.run(
        [*namespace, "sh", "-c", mount + script],
        env=environment(variables),
        capture_output=True,
        timeout=240,
        check=False,
    )


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Twelve files of 300 kB that nothing can compress."""
    path = tmp_path / "WhatsApp Chat with Allotment.zip"
    names = [f"DOC-20230113-WA{number:04}.bin" for number in range(12)]
    lines = [f"13/01/2023, 08:{number:02} - Ann: {name} (file attached)\n" for number, name in enumerate(names)]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{path.stem}.txt", "".join(lines))
        for name in names:
            archive.writestr(name, os.urandom(300_000))
    return path


def test_media_that_do_not_fit(archive: Context, export: Path, tmp_path: Path) -> None:
    command = shlex.join([*COMMAND, "import", "--json", "--tz", "UTC", str(export)])
    home, out = shlex.quote(str(archive.settings.home)), shlex.quote(str(tmp_path / "out"))
    ended = in_a_small_disk(
        archive.settings.home,
        "2m",
        f"{command} > {out}.1 2> {out}.2; echo $? >> {out}.codes\n"
        f"mount -o remount,size=64m {home} || exit 98\n"
        f"{command} > {out}.3 2> {out}.4; echo $? >> {out}.codes\n"
        f"find {home}/media -type f | wc -l > {out}.files\n",
    )
    assert ended.returncode == 0, ended
    said = Path(f"{tmp_path}/out.2").read_text()
    assert said.count("\n") == 1, said
    assert "disk" in said
    assert "full" in said
    assert Path(f"{tmp_path}/out.codes").read_text().split() == ["1", "0"], said
    (report,) = json.loads(Path(f"{tmp_path}/out.3").read_text())["exports"]
    assert (report["messages"], report["media"]) == (12, 12)
    assert int(Path(f"{tmp_path}/out.files").read_text()) == 12
    with archive.connect() as conn:
        counts = conn.execute("select (select count(*) from messages), (select count(*) from media)").fetchone()
    assert counts == (12, 12)


def test_a_database_of_our_own_that_does_not_fit(wa_home: Path, pg_server: TemporaryServer) -> None:
    mark = os.urandom(8).hex()
    command = shlex.join([*COMMAND, "search", "beans"])
    ended = in_a_small_disk(wa_home, "20m", command, **{MARK: mark})
    said = ended.stderr.decode()
    assert ended.returncode == 1, said
    assert said.count("\n") == 1, said
    assert "no space left" in said or "full" in said
    assert none_left(mark), living(mark)

"""Files in passing do not outlive the process they belong to for good, and nobody's are taken from under it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.commands.shell import environment
from wa_pipeline.steps.workspace import YOUNG_SECONDS, workspace

HOLD = """
import sys, time
from pathlib import Path
from wa_pipeline.steps.workspace import workspace
with workspace(Path(sys.argv[1])) as folder:
    (folder / "large video").write_bytes(b"x")
    print(folder, flush=True)
    time.sleep(600)
"""


def age(folder: Path) -> None:
    then = folder.stat().st_mtime - 2 * YOUNG_SECONDS
    os.utime(folder, (then, then))


def test_a_killed_process_s_folder_is_removed_by_the_next(wa_home: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(wa_home)], env=environment({}), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    theirs = Path(process.stdout.readline().strip())
    age(theirs)
    with workspace(wa_home):
        assert (theirs / "large video").exists(), "it is in use"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with workspace(wa_home) as ours:
        assert list((wa_home / "tmp").iterdir()) == [ours]
    assert list((wa_home / "tmp").iterdir()) == []


def test_a_folder_just_made_is_left_alone(wa_home: Path) -> None:
    young = wa_home / "tmp" / "work-of somebody who has not locked it yet"
    young.mkdir(parents=True)
    with workspace(wa_home):
        pass
    assert young.exists()
    age(young)
    with workspace(wa_home):
        pass
    assert not young.exists()

"""`./wa`: called in any way, from anywhere, it installs once and then runs the command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

CLI = """\
import json, os, sys


def main():
    print(json.dumps({
        "arguments": sys.argv[1:],
        "prefix": sys.prefix,
        "language": os.environ.get("LC_ALL"),
        "utf8": sys.flags.utf8_mode,
        "folder": os.getcwd(),
        "inherited": sorted(int(fd) for fd in os.listdir("/proc/self/fd") if int(fd) > 2)[:-1],
    }))
    return 7 if "fail" in sys.argv else 0
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the real door, an empty lock file and a command line that says how it was called."""
    return make_checkout(tmp_path)


@pytest.fixture(scope="module")
def used_checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose door has been used before; each test leaves it so."""
    place = make_checkout(tmp_path_factory.mktemp("door"))
    assert call(place / "wa").returncode == 0
    return place


def make_checkout(folder: Path) -> Path:
    place = folder / "a checkout, it's mine"
    (place / "wa_pipeline").mkdir(parents=True)
    shutil.copy(REPOSITORY / "wa", place / "wa")
    (place / "requirements.lock").write_text("# nothing\n")
    (place / "wa_pipeline" / "__init__.py").touch()
    (place / "wa_pipeline" / "cli.py").write_text(CLI)
    return place


def call(door: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Calls the door as a terminal without a language would, with no uv in reach."""
    environment = {"PATH": path_without_uv(), "HOME": str(door.parent), "WA_PYTHON": sys.executable} | more
    folder = environment.pop("FOLDER", str(door.parent))
    command = [str(door), *arguments]
    return subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )


def path_without_uv() -> str:
    return os.pathsep.join(part for part in os.defpath.split(os.pathsep) if not (Path(part) / "uv").exists())


def said(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_the_first_call_installs_and_runs_the_second_only_runs(checkout: Path) -> None:
    first = call(checkout / "wa", "search", "two words", "ש")
    assert said(first)["arguments"] == ["search", "two words", "ש"]
    assert said(first)["prefix"] == str(checkout / ".venv")
    assert said(first)["inherited"] == []
    assert "installing" in first.stderr
    assert "\x1b" not in first.stderr
    second = call(checkout / "wa")
    assert said(second)["arguments"] == []
    assert second.stderr == ""


def test_the_status_of_the_command_is_the_status_of_the_door(used_checkout: Path) -> None:
    assert call(used_checkout / "wa", "fail").returncode == 7


def test_from_another_folder_and_through_links(used_checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "one").symlink_to("../relative")
    (tmp_path / "relative").symlink_to(used_checkout / "wa")
    done = call(tmp_path / "bin" / "one", FOLDER="/")
    assert said(done)["prefix"] == str(used_checkout / ".venv")
    assert said(done)["folder"] == "/"
    assert "installing" not in done.stderr
    assert said(call(used_checkout / ".venv" / "bin" / "wa", "x"))["arguments"] == ["x"]


def test_a_language_is_given_only_where_there_is_none(used_checkout: Path) -> None:
    assert said(call(used_checkout / "wa"))["language"] == "C.UTF-8"
    assert said(call(used_checkout / "wa", LANG="C"))["language"] == "C.UTF-8"
    assert said(call(used_checkout / "wa", LANG="en_GB.UTF-8"))["language"] is None
    assert said(call(used_checkout / "wa"))["utf8"] == 1


def test_anothers_environment_does_not_leak_in(used_checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "evil" / "wa_pipeline").mkdir(parents=True)
    assert said(call(used_checkout / "wa", PYTHONPATH=str(tmp_path / "evil"), PYTHONHOME="/nonexistent", CDPATH="/tmp"))


def test_a_changed_lock_file_installs_again(used_checkout: Path) -> None:
    (used_checkout / "requirements.lock").write_text("# still nothing\n")
    assert "installing" in call(used_checkout / "wa").stderr
    assert call(used_checkout / "wa").stderr == ""


def test_a_moved_checkout_finds_itself_again(checkout: Path, tmp_path: Path) -> None:
    call(checkout / "wa")
    moved = checkout.rename(tmp_path / "moved")
    done = call(moved / "wa")
    assert said(done)["prefix"] == str(moved / ".venv")
    # The commands that packages install carry the path of their environment.
    assert str(moved) in (moved / ".venv" / "bin" / "pip").read_text()
    assert call(moved / "wa").stderr == ""


@pytest.mark.parametrize("half", ["no pip", "no python", "only pyvenv.cfg"])
def test_an_interrupted_installation_is_completed(used_checkout: Path, half: str) -> None:
    venv = used_checkout / ".venv"
    shutil.rmtree(venv / ".wa-installed")
    if half == "no pip":
        for package in venv.glob("lib/*/site-packages/pip*"):
            shutil.rmtree(package)
    elif half == "no python":
        (venv / "bin" / "python").unlink()
    else:
        shutil.rmtree(venv / "bin")
    assert said(call(used_checkout / "wa"))["prefix"] == str(venv)
    assert call(used_checkout / "wa").stderr == ""


def test_two_calls_at_once_install_once(checkout: Path) -> None:
    environment = {"PATH": path_without_uv(), "WA_PYTHON": sys.executable}
    calls = [
        subprocess.Popen([checkout / "wa"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    outputs = [each.communicate(timeout=120) for each in calls]
    assert [each.returncode for each in calls] == [0, 0, 0]
    assert sum("installing" in errors and "installed in" in errors for _, errors in outputs) == 1


def test_a_package_that_cannot_be_had_stops_it_and_later_it_goes_on(checkout: Path) -> None:
    (checkout / "requirements.lock").write_text("no-such-package==1.0 --hash=sha256:" + "0" * 64 + "\n")
    done = call(checkout / "wa", PIP_INDEX_URL="file:///nonexistent", PIP_NO_INDEX="1", PIP_CONFIG_FILE="/dev/null")
    assert done.returncode == 1
    assert "goes on from there" in done.stderr.splitlines()[-1]
    assert not (checkout / ".venv" / ".wa-installed").exists()
    (checkout / "requirements.lock").write_text("# nothing\n")
    assert call(checkout / "wa").returncode == 0


def test_a_folder_that_cannot_be_written_is_one_sentence(used_checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = call(used_checkout / "wa", WA_VENV=str(tmp_path / "file" / "venv"))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "set WA_VENV" in done.stderr


def test_a_folder_of_somebody_elses_is_never_removed(used_checkout: Path, tmp_path: Path) -> None:
    precious = tmp_path / "photos"
    precious.mkdir()
    (precious / "one.jpg").touch()
    done = call(used_checkout / "wa", WA_VENV=str(precious))
    assert done.returncode == 1
    assert "is not a Python environment" in done.stderr
    assert (precious / "one.jpg").exists()


def test_without_a_python_it_says_which_are_good(checkout: Path) -> None:
    done = call(checkout / "wa", WA_PYTHON="/bin/false")
    assert done.returncode == 1
    assert "Python 3.11, 3.12 or 3.13" in done.stderr


def test_a_second_start_costs_little(used_checkout: Path) -> None:

    def best(command: list[str]) -> float:
        times = []
        for _ in range(7):
            began = time.perf_counter()
            subprocess.run(command, capture_output=True, check=True)
            times.append(time.perf_counter() - began)
        return min(times)

    door, alone = best([str(used_checkout / "wa")]), best([str(used_checkout / ".venv" / "bin" / "wa")])
    assert door - alone < 0.05


def test_it_speaks_plain_posix_shell() -> None:
    shell = shutil.which("dash") or "/bin/sh"
    subprocess.run([shell, "-n", REPOSITORY / "wa"], check=True)

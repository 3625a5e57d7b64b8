"""The repository's own files, as the tests of this folder look at them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


@cache
def tracked_files() -> tuple[Path, ...]:
    """Every file git keeps; in a checkout without git, every file that is not a tool's own."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode == 0 and done.stdout:
        paths = (REPOSITORY / name for name in done.stdout.split("\0") if name)
    else:
        paths = (path for path in REPOSITORY.rglob("*") if not _is_a_tools(path.relative_to(REPOSITORY)))
    return tuple(sorted(path for path in paths if path.is_file()))


def texts() -> Iterator[tuple[str, str]]:
    """Name and content of every tracked text file."""
    for path in tracked_files():
        try:
            yield path.relative_to(REPOSITORY).as_posix(), path.read_text("utf-8")
        except UnicodeDecodeError:
            continue


def document(name: str) -> str:
    """The text of a file of the repository."""
    return (REPOSITORY / name).read_text("utf-8")


def _is_a_tools(path: Path) -> bool:
    return any(part in (".git", ".venv", ".wa") or part.endswith(("_cache", "__pycache__")) for part in path.parts)

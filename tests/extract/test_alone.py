"""The example of the documents runs as it stands, and loads neither a database nor Dagster."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.extract import material

REPOSITORY = Path(__file__).resolve().parents[2]
LOADED = "import sys; print(sorted({'dagster', 'psycopg', 'supabase', 'faster_whisper', 'av'} & set(sys.modules)))"


def test_the_example_hears_a_folder_of_voice_notes(tmp_path: Path) -> None:
    found = re.search(r"```python\n(.+?)```", (REPOSITORY / "docs" / "media-text.md").read_text("utf-8"), re.DOTALL)
    assert found
    notes = tmp_path / "voice notes"
    notes.mkdir()
    shutil.copy(material.ENGLISH, notes / "a.opus")
    (notes / "b.opus").write_bytes(b"OggS" + bytes(3000))
    done = subprocess.run(
        [sys.executable, "-c", f"{found[1]}\n{LOADED}"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert any("a.opus" in line and "plumber" in line for line in lines)
    assert any("b.opus" in line and "FAILED: " in line for line in lines)
    assert lines[-1] == "[]"

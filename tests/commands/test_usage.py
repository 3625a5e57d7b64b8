"""How the command line speaks: exit codes, help, JSON, any encoding, and nothing loaded that is not needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.shell import COMMAND, environment, wa
from wa_pipeline.cli import COMMANDS
from wa_pipeline.steps.context import Context

CHAT = """\
24/03/2024, 09:15 - Ann: Good morning 🌻 gärtner שלום
24/03/2024, 09:16 - Cem: The beans are up
"""


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "WhatsApp Chat with Gärten 🌻.txt"
    path.write_text(CHAT, encoding="utf-8")
    return path


def test_wa_alone_shows_what_there_is(wa_home: Path) -> None:
    for arguments in ([], ["--help"], ["-h"]):
        ended = wa(*arguments)
        for name, words in COMMANDS.items():
            assert name in ended.out + ended.err
            assert words.split()[0] in ended.out + ended.err
        assert ended.code == (0 if arguments else 2)
    assert wa("--version").code == 0


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "test"])
def test_every_command_says_what_it_does(wa_home: Path, name: str) -> None:
    ended = wa(name, "--help")
    assert ended.code == 0
    assert ended.err == ""
    assert ended.out.startswith(f"Usage: wa {name}")
    assert len(ended.out.splitlines()[2].strip()) > 20
    assert not list(wa_home.iterdir()), "asking for help makes nothing"


@pytest.mark.parametrize(
    "arguments",
    [
        ["dance"],
        ["--dance"],
        ["import"],
        ["import", "--date-order", "ydm", "x.zip"],
        ["search", "beans", "--kind", "poem"],
        ["search", "beans", "--limit", "0"],
        ["search", "beans", "more"],
        ["search", "beans", "--group", "garden"],
        ["migrate", "--dry-run", "--verify"],
        ["console", "--port", "0"],
        ["secrets", "burn"],
        ["failures", "all"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2(wa_home: Path, arguments: list[str]) -> None:
    ended = wa(*arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert "Error: " in ended.err
    assert "Traceback" not in ended.err
    assert not list(wa_home.iterdir()), "nothing is begun"


def test_a_time_that_is_none_and_a_cursor_that_is_none(archive: Context) -> None:
    for arguments in (["--since", "yesterday"], ["--until", "2024-13-01"], ["--cursor", "abc"]):
        ended = wa("search", "beans", *arguments)
        assert (ended.code, len(ended.sentences)) == (1, 1), ended
        assert "Traceback" not in ended.err


def test_json_is_one_document(archive: Context, export: Path) -> None:
    commands: list[list[object]] = [
        ["migrate", "--dry-run"],
        ["migrate", "--verify"],
        ["migrate"],
        ["import", "--tz", "UTC", export],
        ["import", "--dry-run", "--tz", "UTC", export],
        ["search", "beans"],
        ["failures"],
        ["enrich"],
        ["retry"],
        ["doctor"],
        ["acceptance"],
    ]
    for command in commands:
        ended = wa(*command, "--json")
        assert ended.code in (0, 1), ended
        assert ended.json, ended
        assert ended.out.count("\n") == 1, ended
    found = wa("search", "beans", "--json").json["items"]
    assert isinstance(found, list)
    assert found[0]["text"] == "The beans are up"


@pytest.mark.parametrize(
    "variables",
    [
        {"LANG": "", "LC_ALL": ""},
        {"LC_ALL": "POSIX"},
        {"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"},
        {"PYTHONIOENCODING": "ascii:strict", "PYTHONUTF8": "0"},
    ],
    ids=str,
)
def test_any_encoding_will_do(archive: Context, export: Path, variables: dict[str, str]) -> None:
    for words in (["--json"], []):
        ended = wa("import", "--dry-run", "--tz", "UTC", export, *words, **variables)
        assert ended.code == 0, ended
        assert ended.err == ""
        if words:
            (report,) = json.loads(ended.out)["exports"]
            assert report["file"] == export.name
    missing = wa("import", "--dry-run", "--tz", "UTC", "Gärten 🌻.zip", **variables)
    assert (missing.code, len(missing.sentences)) == (1, 1), missing


def test_a_file_whose_name_is_no_unicode(archive: Context, export: Path, tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/WhatsApp Chat mit G\xe4rten.txt"
    os.link(export, path)
    ended = wa("import", "--json", "--tz", "UTC", os.fsdecode(path), export)
    assert (ended.code, len(ended.sentences)) == (1, 1), ended
    assert "rename it" in ended.err
    assert len(ended.json["exports"]) == 1  # type: ignore[arg-type]


def test_a_reader_that_leaves_ends_it_quietly(archive: Context) -> None:
    done = subprocess.run(
        f"{sys.executable} -c 'from wa_pipeline.cli import main; main()' doctor --json | true",
        shell=True,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == b""


@pytest.mark.parametrize(
    "arguments",
    [
        ["search", "beans"],
        ["search", "beans", "--json"],
        ["failures"],
        ["import", "--dry-run", "--tz", "UTC", "EXPORT"],
        ["migrate", "--dry-run"],
        ["migrate", "--verify"],
    ],
    ids=" ".join,
)
def test_commands_that_only_read_load_no_dagster_and_no_engine(
    archive: Context, export: Path, arguments: list[str]
) -> None:
    told = "import sys; print(','.join(sorted(sys.modules)), file=sys.stderr)"
    program = f"import atexit; atexit.register(lambda: exec({told!r})); {COMMAND[2]}"
    given = [str(export) if argument == "EXPORT" else argument for argument in arguments]
    done = subprocess.run(
        [sys.executable, "-c", program, *given], env=environment({}), capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[:500]
    loaded = set(done.stderr.decode().splitlines()[-1].split(","))
    heavy = {"dagster", "faster_whisper", "pytesseract", "av", "PIL", "supabase", "numpy", "sqlalchemy"}
    assert not heavy & loaded

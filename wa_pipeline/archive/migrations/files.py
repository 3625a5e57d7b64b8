"""The migration files: found, hashed, and split into statements that know their line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wa_pipeline.settings import REPOSITORY

FOLDER = REPOSITORY / "db" / "migrations"
FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")

# Whatever may hold a semicolon that ends nothing, or ends a statement.
TOKEN = re.compile(
    r"""
      --[^\n]*
    | (?P<block>/\*)
    | (?P<quote>\$(?:[A-Za-z_]\w*)?\$)
    | \b[eE]'(?:[^'\\]|\\.|'')*'
    | '(?:[^']|'')*'
    | "(?:[^"]|"")*"
    | (?P<end>;)
    """,
    re.VERBOSE | re.DOTALL,
)
BLOCK_EDGE = re.compile(r"/\*|\*/")
BLANK = re.compile(r"(?:\s+|--[^\n]*\n?)*")


@dataclass(frozen=True)
class Statement:
    """One SQL statement; `line` is where it begins in its file, counted from 1."""

    line: int
    sql: str


@dataclass(frozen=True)
class MigrationFile:
    """One file of db/migrations: `version` is its number as written, `name` what follows."""

    version: str
    name: str
    path: Path
    text: str

    @property
    def file(self) -> str:
        return f"{self.version}_{self.name}.sql"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def statements(self) -> list[Statement]:
        return list(split(self.text))


def load(folder: Path = FOLDER) -> list[MigrationFile]:
    """The files of a folder in the order of their numbers. Line ends count as LF, so that a checkout on Windows
    hashes to the same. Raises ValueError where two files share a number."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        if match := FILE_NAME.fullmatch(path.name):
            found.append(
                MigrationFile(
                    match[1],
                    match[2],
                    path,
                    path.read_text("utf-8").replace("\r\n", "\n"),
                )
            )
    versions = [file.version for file in found]
    if len(set(versions)) != len(versions):
        raise ValueError(f"two migrations of {folder} share a number")
    return found


def split(text: str) -> Iterator[Statement]:
    """The statements of an SQL script, without their semicolons; comments between statements are left out.

    Knows strings, quoted names, dollar quotes and nested comments; not SQL-standard function bodies (BEGIN ATOMIC).
    """
    start = at = 0
    while token := TOKEN.search(text, at):
        if token["block"]:
            at = _after_comment(text, token.end())
        elif token["quote"]:
            closing = text.find(token["quote"], token.end())
            at = closing + len(token["quote"]) if closing != -1 else len(text)
        else:
            at = token.end()
        if token["end"]:
            yield from _statement(text, start, token.start())
            start = at
    yield from _statement(text, start, len(text))


def _statement(text: str, start: int, end: int) -> Iterator[Statement]:
    blank = BLANK.match(text, start, end)
    begin = blank.end() if blank else start
    if sql := text[begin:end].rstrip():
        yield Statement(text.count("\n", 0, begin) + 1, sql)


def _after_comment(text: str, at: int) -> int:
    depth = 1
    while depth:
        edge = BLOCK_EDGE.search(text, at)
        if edge is None:
            return len(text)
        depth += 1 if edge[0] == "/*" else -1
        at = edge.end()
    return at

"""The files are found in order, hashed alike everywhere, and split where PostgreSQL would split them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wa_pipeline.archive.migrations.files import load, split

PIECES = [
    "select 1",
    "select 'a;b'",
    "select 'it''s; -- not a comment'",
    r"select E'\';'",
    'select 1 as "semi;colon"',
    "do $$ begin perform 1; perform 2; end $$",
    "do $x$ begin execute $$select 1;$$; end $x$",
    "select 1 -- trailing; comment\n + 1",
    "select /* a; /* nested; */ still; */ 1",
    "select\n\n  1,\n  2",
]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(PIECES),
            st.sampled_from(["\n", "\n\n", "\n-- note; here\n", " "]),
        ),
        max_size=8,
    )
)
@settings(max_examples=150, deadline=None)
def test_every_statement_comes_out_whole_with_the_line_it_begins_on(
    script: list[tuple[str, str]],
) -> None:
    text, wanted = "", []
    for piece, gap in script:
        text += gap
        wanted.append((text.count("\n") + 1, piece))
        text += piece + ";"
    assert [(statement.line, statement.sql) for statement in split(text)] == wanted


@pytest.mark.parametrize("text", ["", "  \n", "-- only a comment", ";;", "/* open"])
def test_what_holds_no_statement_gives_none_or_fails_in_postgres(text: str) -> None:
    assert [statement.sql for statement in split(text) if not statement.sql.startswith("/*")] == []


def test_the_files_are_numbered_without_gaps() -> None:
    assert [int(file.version) for file in load()] == list(range(1, len(load()) + 1))


def test_line_ends_do_not_change_the_hash(tmp_path: Path) -> None:
    (tmp_path / "0001_a.sql").write_bytes(b"select 1;\nselect 2;\n")
    unix = load(tmp_path)[0].sha256
    (tmp_path / "0001_a.sql").write_bytes(b"select 1;\r\nselect 2;\r\n")
    assert load(tmp_path)[0].sha256 == unix


def test_two_files_with_one_number_are_refused(tmp_path: Path) -> None:
    for name in ("0001_a.sql", "0001_b.sql"):
        (tmp_path / name).write_text("select 1;")
    with pytest.raises(ValueError, match="share a number"):
        load(tmp_path)


def test_the_rollback_lies_where_no_glob_of_migrations_finds_it() -> None:
    assert not [file for file in load() if "down" in file.name]

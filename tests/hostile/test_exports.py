"""Every bad export ends in one sentence with its name and leaves nothing behind; the good ones beside it go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.fixtures import everything, files_under
from tests.commands.shell import Ended, wa
from tests.hostile import make
from wa_pipeline.steps.context import Context

NOTES_OF_THE_RUN = ("import_runs", "audit_log", "run_processes")
GOOD = """\
24/03/2024, 09:15 - Ann: Good morning, gardeners
24/03/2024, 09:16 - Cem: The beans are up
"""
BUILDERS = [build for build in make.BUILDERS if build not in (make.missing_media, make.without_time_zone)]


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "WhatsApp Chat with Garden.txt"
    path.write_text(GOOD, encoding="utf-8")
    return path


def messages(ctx: Context) -> int:
    with ctx.connect() as conn:
        row = conn.execute("select count(*) from messages").fetchone()
    assert row is not None
    return int(row[0])


def refused(ended: Ended) -> dict[str, str]:
    """The error of each refused file, by its name."""
    errors = ended.json["errors"]
    assert isinstance(errors, list)
    return {error["file"]: error["error"] for error in errors}


def imported(ended: Ended) -> list[str]:
    exports = ended.json["exports"]
    assert isinstance(exports, list)
    return [export["file"] for export in exports]


def test_each_bad_export_is_one_sentence_and_nothing_of_it_is_kept(archive: Context, tmp_path: Path) -> None:
    before = everything(archive, but=NOTES_OF_THE_RUN)
    bad = [build(tmp_path) for build in BUILDERS]
    ended = wa("import", "--json", "--tz", "Europe/London", *(one.path for one in bad))
    assert ended.code == 1
    assert imported(ended) == []
    told = refused(ended)
    for one in bad:
        assert one.path.name in told[one.path.name], one.case
        assert "\n" not in told[one.path.name], one.case
    assert ended.sentences == [f"wa: {told[one.path.name]}" for one in bad]
    assert "Traceback" not in ended.err
    assert everything(archive, but=NOTES_OF_THE_RUN) == before
    assert files_under(archive.settings.home / "tmp") == []
    assert files_under(archive.settings.home / "media") == []
    assert not (tmp_path.parent / "escaped.jpg").exists()
    rehearsed = wa("import", "--json", "--dry-run", "--tz", "Europe/London", *(one.path for one in bad))
    assert (rehearsed.code, refused(rehearsed)) == (1, told), "a rehearsal says the same"
    with archive.connect() as conn:
        states = conn.execute("select distinct state from import_runs").fetchall()
        kinds = conn.execute("select distinct kind from audit_log").fetchall()
    assert (states, kinds) == ([("failed",)], [("error",)])


def test_ambiguous_dates_name_the_option_that_settles_them(archive: Context, tmp_path: Path) -> None:
    path = make.ambiguous_dates(tmp_path).path
    ended = wa("import", "--dry-run", "--tz", "UTC", path)
    assert ended.code == 1
    assert "--date-order" in ended.err
    assert messages(archive) == 0
    settled = wa("import", "--json", "--tz", "UTC", "--date-order", "mdy", path)
    assert settled.code == 0, settled.err
    with archive.connect() as conn:
        row = conn.execute("select min(ts)::text from messages").fetchone()
    assert row is not None
    assert row[0].startswith("2024-03-04 18:01")


def test_other_files_of_the_same_call_are_imported(archive: Context, tmp_path: Path, good: Path) -> None:
    bad = [make.truncated_zip(tmp_path), make.two_chats(tmp_path)]
    ended = wa("import", "--json", "--tz", "Europe/London", bad[0].path, good, bad[1].path, tmp_path / "nowhere.zip")
    assert ended.code == 1
    assert imported(ended) == [good.name]
    assert list(refused(ended)) == [bad[0].path.name, bad[1].path.name, "nowhere.zip"]
    assert "there is no such file" in refused(ended)["nowhere.zip"]
    assert messages(archive) == 2


def test_a_folder_is_its_exports(archive: Context, tmp_path: Path, good: Path) -> None:
    folder = tmp_path / "phone"
    folder.mkdir()
    good.rename(folder / good.name)
    make.no_chat(folder)
    (folder / "notes.pdf").write_bytes(b"%PDF-1.4")
    (folder / "older.zip").mkdir()
    ended = wa("import", "--json", "--dry-run", "--tz", "Europe/London", folder)
    assert (ended.code, imported(ended), list(refused(ended))) == (1, [good.name], ["no chat.zip"])


def test_a_folder_without_exports_says_so(archive: Context, tmp_path: Path) -> None:
    folder = tmp_path / "phone"
    folder.mkdir()
    (folder / "notes.pdf").write_bytes(b"%PDF-1.4")
    ended = wa("import", "--tz", "UTC", folder)
    assert (ended.code, len(ended.sentences)) == (1, 1)
    assert str(folder) in ended.err


def test_without_a_time_zone_the_option_is_named(archive: Context, tmp_path: Path) -> None:
    path = make.without_time_zone(tmp_path).path
    for how, named in ((["--dry-run"], "--tz"), (["--tz", "Mars/Olympus"], "Mars/Olympus")):
        ended = wa("import", *how, path)
        assert ended.code == 1
        assert named in ended.sentences[0]
        assert path.name in ended.sentences[0]
        assert messages(archive) == 0
    assert wa("import", path, WA_EXPORT_TZ="Europe/London").code == 0
    assert messages(archive) == 5


def test_media_named_but_not_in_the_export_is_reported(archive: Context, tmp_path: Path) -> None:
    case = make.missing_media(tmp_path)
    ended = wa("import", "--json", "--tz", "Europe/London", case.path)
    assert ended.code == 0, ended.err
    (export,) = ended.json["exports"]  # type: ignore[misc]
    assert export["messages"] == case.messages == messages(archive)
    assert [entry["names"] for entry in export["skipped"]] == [list(case.missing_media)]

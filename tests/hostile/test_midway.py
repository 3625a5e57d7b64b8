"""What is wrong is often wrong far into the file: still nothing of it is kept, and what can be had is had."""

from __future__ import annotations

import unicodedata
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.commands.fixtures import everything, files_under
from tests.imports.pictures import png
from wa_pipeline.errors import ExportDatesContradict, ExportError, ExportTruncated, GroupBlocked, TimeZoneShift
from wa_pipeline.steps.bucket import ensure_bucket
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.exports import ImportReport, import_export, register_export

NOTES_OF_THE_RUN = ("import_runs", "audit_log")
MANY = 45_000


def lines(count: int) -> str:
    at = datetime(2023, 1, 13, 8)  # noqa: DTZ001
    stamps = (at + timedelta(seconds=number) for number in range(count))
    return "".join(f"{stamp:%d/%m/%Y, %H:%M} - Ann: verse {number}\n" for number, stamp in enumerate(stamps))


def zipped(folder: Path, text: str, media: dict[str, bytes] | None = None, title: str = "Choir") -> Path:
    path = folder / f"WhatsApp Chat with {title}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{path.stem}.txt", text)
        for name, data in (media or {}).items():
            archive.writestr(name, data)
    return path


def take(ctx: Context, path: Path, tz: str = "UTC") -> ImportReport:
    ensure_bucket(ctx)
    return import_export(ctx, register_export(ctx, path, tz=tz))


def nothing_is_kept(ctx: Context, path: Path, error: type[ExportError]) -> None:
    before = everything(ctx, but=NOTES_OF_THE_RUN)
    with pytest.raises(error, match=path.name):
        take(ctx, path)
    assert everything(ctx, but=NOTES_OF_THE_RUN) == before
    assert files_under(ctx.settings.home / "tmp") == []


def test_a_zip_whose_chat_is_damaged_near_its_end(archive: Context, tmp_path: Path) -> None:
    path = zipped(tmp_path, lines(MANY))
    whole = bytearray(path.read_bytes())
    at = len(whole) - 3_000
    whole[at : at + 64] = bytes(byte ^ 0x5A for byte in whole[at : at + 64])
    path.write_bytes(whole)
    nothing_is_kept(archive, path, ExportTruncated)


def test_a_date_near_the_end_that_cannot_be(archive: Context, tmp_path: Path) -> None:
    path = zipped(tmp_path, lines(MANY) + "01/13/2023, 18:00 - Ann: from a phone set the other way round\n")
    nothing_is_kept(archive, path, ExportDatesContradict)


def test_the_wrong_zone_keeps_its_media_out_too(archive: Context, tmp_path: Path) -> None:
    text = "".join(f"13/01/2023, 08:{n:02} - Ann: a telling line number {n}\n" for n in range(30))
    take(archive, zipped(tmp_path, text), "Europe/London")
    more = text + "13/01/2023, 09:00 - Ann: IMG-20230113-WA0001.jpg (file attached)\n"
    path = zipped(tmp_path, more, {"IMG-20230113-WA0001.jpg": png()})
    before = everything(archive, but=NOTES_OF_THE_RUN)
    with pytest.raises(TimeZoneShift):
        take(archive, path, "Asia/Tokyo")
    assert everything(archive, but=NOTES_OF_THE_RUN) == before


def test_a_media_name_is_found_in_whatever_form_the_zip_spells_it(archive: Context, tmp_path: Path) -> None:
    name = "Gärten.jpg"
    text = f"13/01/2023, 08:01 - Ann: {unicodedata.normalize('NFC', name)} (file attached)\n"
    report = take(archive, zipped(tmp_path, text, {unicodedata.normalize("NFD", name): png()}))
    assert (report.media, dict(report.skipped)) == (1, {})


def test_a_damaged_picture_is_left_out_and_named(archive: Context, tmp_path: Path) -> None:
    names = ["IMG-20230113-WA0001.jpg", "IMG-20230113-WA0002.jpg"]
    text = "".join(f"13/01/2023, 08:0{n} - Ann: {name} (file attached)\n" for n, name in enumerate(names))
    path = tmp_path / "WhatsApp Chat with Choir.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as out:
        out.writestr(f"{path.stem}.txt", text)
        for name in names:
            out.writestr(name, png(colour="red" if name == names[0] else "blue"))
    whole = path.read_bytes()
    path.write_bytes(whole.replace(png(colour="blue"), png(colour="blue")[:-20] + bytes(20)))
    report = take(archive, path)
    assert (report.messages, report.inserted, report.media) == (2, 2, 1)
    assert list(report.examples.values()) == [[names[1]]]
    assert files_under(archive.settings.home / "tmp") == []


def test_one_message_that_fits_by_chance_does_not_hide_a_wrong_zone(archive: Context, tmp_path: Path) -> None:
    """ "ok" at nine and "ok" at ten: an hour off, one of them is found where the archive has the other."""
    text = "".join(f"13/01/2023, 08:{n:02} - Ann: a telling line number {n}\n" for n in range(30))
    text += "13/01/2023, 09:15 - Bob: ok\n13/01/2023, 10:15 - Bob: ok\n"
    take(archive, zipped(tmp_path, text), "Europe/London")
    path = zipped(tmp_path, text + "14/01/2023, 09:00 - Ann: one more\n")
    before = everything(archive, but=NOTES_OF_THE_RUN)
    with pytest.raises(TimeZoneShift):
        take(archive, path, "Europe/Berlin")
    assert everything(archive, but=NOTES_OF_THE_RUN) == before


def test_a_blocked_group_leaves_no_trace(archive: Context, tmp_path: Path) -> None:
    jid = "120363025246125486@g.us"
    with archive.connect() as conn:
        conn.execute("insert into block_groups (wa_group_id) values (%s)", (jid,))
    path = zipped(tmp_path, lines(10))
    before = everything(archive, but=NOTES_OF_THE_RUN)
    ensure_bucket(archive)
    with pytest.raises(GroupBlocked):
        import_export(archive, register_export(archive, path, tz="UTC", group=jid))
    assert everything(archive, but=NOTES_OF_THE_RUN) == before


def test_media_named_in_a_chat_without_any_files_is_reported(archive: Context, tmp_path: Path) -> None:
    name = "IMG-20230113-WA0001.jpg"
    report = take(archive, zipped(tmp_path, f"13/01/2023, 08:01 - Ann: {name} (file attached)\n"))
    assert list(report.examples.values()) == [[name]]

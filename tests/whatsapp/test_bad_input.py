# ruff: noqa: E501 - tables read best one row a line
"""What is no export, or a dangerous one, is refused in one sentence with the file's name."""

from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.whatsapp.conftest import read
from wa_pipeline import errors
from wa_pipeline.whatsapp.exports import open_export

CHAT = "[31/01/2024, 10:00:00] Ann: hi\n[31/01/2024, 10:00:01] Bob: \u200e<attached: 00000001-PHOTO-2024-01-31-10-00-01.jpg>\n"
MakeZip = Callable[..., Path]


def refused(path: Path, kind: type[errors.ExportError]) -> None:
    with pytest.raises(kind) as caught:
        read(path)
    message = str(caught.value)
    assert path.name in message
    assert "\n" not in message
    assert message.endswith((".", "it."))


def test_not_there(tmp_path: Path) -> None:
    refused(tmp_path / "gone.zip", errors.ExportNotFound)


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    refused(tmp_path / "folder", errors.ExportNotFound)


@pytest.mark.parametrize("name", ["a.zip", "a.txt"])
def test_zero_bytes(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    refused(tmp_path / name, errors.ExportEmpty)


def test_not_a_zip(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"%PDF-1.7 no zip")
    refused(tmp_path / "a.zip", errors.ExportNotAZip)


@pytest.mark.parametrize("kept", [0.3, 0.7, 0.99])
def test_truncated_zip(kept: float, make_zip: MakeZip) -> None:
    path = make_zip({"_chat.txt": CHAT * 500, "a.jpg": bytes(range(256)) * 50})
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    refused(path, errors.ExportTruncated)


def test_damage_inside_a_zip(make_zip: MakeZip) -> None:
    path = make_zip({"_chat.txt": "".join(f"[31/01/2024, 10:00:00] Ann: {n**7}\n" for n in range(20_000))})
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    refused(path, errors.ExportTruncated)


def test_zip_bomb(make_zip: MakeZip) -> None:
    refused(make_zip({"_chat.txt": CHAT, "big.jpg": bytes(30_000_000)}), errors.ExportZipBomb)


def test_a_member_that_lies_about_its_size_gives_no_more_than_it_declared(make_zip: MakeZip) -> None:
    path = make_zip({"_chat.txt": CHAT, "a.jpg": b"x" * 5_000})
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<L", 5_000), struct.pack("<L", 50)))
    with open_export(path) as export, export.open_media("a.jpg") as stream, pytest.raises(errors.ExportTruncated):
        assert len(stream.read()) <= 50


@pytest.mark.parametrize("name", ["../evil.jpg", "/etc/passwd", "a/../../evil", "C:\\evil.jpg", "..\\evil.jpg"])
def test_path_traversal(name: str, make_zip: MakeZip) -> None:
    refused(make_zip({"_chat.txt": CHAT, name: b"x"}), errors.ExportUnsafeMember)


def test_symbolic_link(make_zip: MakeZip) -> None:
    path = make_zip({"_chat.txt": CHAT})
    link = zipfile.ZipInfo("link.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    refused(path, errors.ExportUnsafeMember)


@pytest.mark.parametrize(
    "names",
    [
        ("WhatsApp Chat with A.txt", "WhatsApp Chat with B.txt"),
        ("a/_chat.txt", "b/_chat.txt"),
        ("_chat.txt", "WhatsApp Chat with B.txt"),
    ],
)
def test_two_chats_in_one_zip(names: tuple[str, str], make_zip: MakeZip) -> None:
    refused(make_zip(dict.fromkeys(names, CHAT)), errors.ExportTwoChats)


def test_an_export_sent_in_the_chat_is_an_attachment(make_zip: MakeZip) -> None:
    text = "31/01/2024, 10:00 - Ann: WhatsApp Chat with B.txt (file attached)\n"
    path = make_zip({"WhatsApp Chat with A.txt": text, "WhatsApp Chat with B.txt": text}, "WhatsApp Chat with A.zip")
    found = read(path)
    assert found.export.title == "A"
    assert list(found.export.media) == ["WhatsApp Chat with B.txt"]


def test_a_text_file_beside_the_chat_is_media(make_zip: MakeZip) -> None:
    found = read(make_zip({"_chat.txt": CHAT, "00000003-notes.txt": "buy milk", "copy.txt": CHAT}))
    assert sorted(found.export.media) == ["00000003-notes.txt", "copy.txt"]


def test_no_chat_in_it(make_zip: MakeZip, tmp_path: Path) -> None:
    refused(make_zip({"a.jpg": b"x", "notes.txt": "buy milk"}), errors.ExportWithoutChat)
    (tmp_path / "a.txt").write_text("Dear diary\n" * 100)
    refused(tmp_path / "a.txt", errors.ExportWithoutChat)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16-le", "utf-16-be"])
def test_wrong_encoding(encoding: str, tmp_path: Path, make_zip: MakeZip) -> None:
    data = CHAT.replace("hi", "größe").replace("\u200e", "").encode(encoding)
    (tmp_path / "a.txt").write_bytes(data)
    refused(tmp_path / "a.txt", errors.ExportWrongEncoding)
    refused(make_zip({"_chat.txt": data}), errors.ExportWrongEncoding)


def test_wrong_encoding_far_into_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes((CHAT * 9_000).encode() + b"\xff\xfe\n")
    refused(tmp_path / "a.txt", errors.ExportWrongEncoding)


def test_a_member_over_two_gigabytes(make_zip: MakeZip) -> None:
    path = make_zip({"_chat.txt": CHAT, "film.mp4": b"x" * 4_321})
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<L", 4_321), struct.pack("<L", 2_100_000_000)))
    refused(path, errors.ExportZipBomb)


def test_a_large_member_that_is_really_there_is_refused_by_its_size(
    make_zip: MakeZip, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wa_pipeline.whatsapp.exports import container

    monkeypatch.setattr(container, "MAX_MEMBER", 4_000)
    refused(make_zip({"_chat.txt": CHAT, "film.mp4": b"x" * 4_321}), errors.ExportMemberTooLarge)


def test_encrypted_zip(make_zip: MakeZip) -> None:
    path = make_zip({"_chat.txt": CHAT})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    path.write_bytes(data)
    refused(path, errors.ExportEncrypted)


def test_media_named_but_missing_is_no_error(make_zip: MakeZip) -> None:
    found = read(make_zip({"_chat.txt": CHAT}))
    assert found.messages[1].attachment == "00000001-PHOTO-2024-01-31-10-00-01.jpg"
    assert found.export.find_media(found.messages[1].attachment) is None


def test_no_header_for_longer_than_any_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from wa_pipeline.whatsapp.exports import text

    monkeypatch.setattr(text, "MAX_MESSAGE", 1 << 20)
    (tmp_path / "a.txt").write_bytes(CHAT.encode() + b"no header here\n" * 200_000)
    refused(tmp_path / "a.txt", errors.ExportMessageTooLong)

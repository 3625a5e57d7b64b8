# ruff: noqa: E501 - tables read best one row a line
"""The traps that chat exports are known for, one test each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.whatsapp.conftest import Read, read
from wa_pipeline.whatsapp.exports import CALL, DELETED, EDITED, OMITTED, SYSTEM, ExportMessage

Parse = Callable[..., Read]
LRM, RLM, NNBSP = "\u200e", "\u200f", "\u202f"


def ios(*bodies: str, sender: str = "Ann") -> str:
    return "".join(f"[31/01/2024, 10:0{n}:00] {sender}: {body}\r\n" for n, body in enumerate(bodies))


def android(*bodies: str, sender: str = "Ann") -> str:
    return "".join(f"31/01/2024, 10:0{n} - {sender}: {body}\n" for n, body in enumerate(bodies))


def only(found: Read) -> ExportMessage:
    (message,) = found.messages
    return message


def brief(message: ExportMessage) -> tuple[str, str | None, str | None, str | None]:
    return message.kind, message.subkind, message.attachment, message.text


# --- headers and bodies --------------------------------------------------------------------------------------------


def test_a_body_line_like_another_layouts_header_is_text(parse: Parse) -> None:
    found = parse(android("see:\n[01/02/2024, 09:00:00] Bob: pasted\n1/2/24, 9:00 AM - Cem: pasted too"))
    assert only(found).text == "see:\n[01/02/2024, 09:00:00] Bob: pasted\n1/2/24, 9:00 AM - Cem: pasted too"


def test_a_line_whose_numbers_are_no_date_is_text(parse: Parse) -> None:
    found = parse(ios("part list:\n[99/99/2024, 10:00:00] bolts: 4\n[31/01/2024, 29:00:00] nuts: 4"))
    assert only(found).text == "part list:\n[99/99/2024, 10:00:00] bolts: 4\n[31/01/2024, 29:00:00] nuts: 4"


def test_marks_before_the_header(parse: Parse) -> None:
    text = f"{LRM}[31/01/2024, 10:00:00] Ann: a\n{RLM}[31/01/2024, 10:00:01] Ann: b\n[31/01/2024, 10:00:02] Ann: c\n"
    assert [m.text for m in parse(text).messages] == ["a", "b", "c"]


def test_marks_before_the_body_stay_in_a_persons_text(parse: Parse) -> None:
    found = parse(ios(f"{LRM}hello", f"{RLM}שלום", f"{LRM}I left the keys") + ios("x", sender="Bob"))
    assert [(m.sender, m.text) for m in found.messages][:3] == [
        ("Ann", f"{LRM}hello"), ("Ann", f"{RLM}שלום"), ("Ann", f"{LRM}I left the keys"),
    ]  # fmt: skip


def test_a_byte_order_mark_at_the_start_and_in_mid_file(parse: Parse) -> None:
    assert [m.text for m in parse("\ufeff" + android("a") + "\ufeff" + android("b")).messages] == ["a", "b"]


def test_empty_bodies(parse: Parse) -> None:
    found = parse("31/01/2024, 10:00 - Ann: \n31/01/2024, 10:00 - Bob:\n31/01/2024, 10:00 - Cem: x\n")
    assert [(m.sender, m.text) for m in found.messages] == [("Ann", None), ("Bob", None), ("Cem", "x")]


def test_an_empty_body_at_the_very_end(parse: Parse) -> None:
    assert [(m.sender, m.text) for m in parse("31/01/2024, 10:00 - Ann:").messages] == [("Ann", None)]


def test_the_word_left_drops_nothing(parse: Parse) -> None:
    assert [m.text for m in parse(ios("who left?", "Bob left") + "").messages] == ["who left?", "Bob left"]


def test_unicode_is_not_rewritten(parse: Parse) -> None:
    body = "e\u0301 ﬁ\u00a0\u202f \u200b👨\u200d👩\u200d👧 \u2028x\x0by\x85z"
    assert only(parse(android(body))).text == body


def test_blank_lines_in_and_after_a_body_stay(parse: Parse) -> None:
    assert [m.text for m in parse(android("a\n\n\nb\n\n", "c")).messages] == ["a\n\n\nb\n\n", "c"]


def test_a_colon_in_a_name(parse: Parse) -> None:
    assert only(parse(android("hi: there", sender="Ops:Night"))).sender == "Ops:Night"


def test_names_not_in_the_address_book(parse: Parse) -> None:
    text = ios("a", sender=f"~{NNBSP}Gil") + ios("b", sender="~ Gil") + ios("c", sender="\u202a+49\u00a0170\u202c")
    assert [m.sender for m in parse(text).messages] == ["Gil", "Gil", "+49\u00a0170"]


@pytest.mark.parametrize("period", ["PM", "pm", "p.m.", "p. m.", "p.\u00a0m.", "م", "μ.μ."])
@pytest.mark.parametrize("space", [" ", NNBSP, "\u00a0"])
def test_halves_of_the_day(period: str, space: str, parse: Parse) -> None:
    message = only(parse(f"31/01/2024, 1:05{space}{period} - Ann: hi\n"))
    assert datetime.fromtimestamp(message.ts, UTC).hour == 13


def test_the_hour_that_comes_twice_follows_the_order_of_messages(parse: Parse) -> None:
    times = ["01:59:00", "02:30:00", "02:59:30", "02:10:00", "02:30:00", "03:00:00"]
    text = "".join(f"[27/10/2024, {time}] Ann: x\n" for time in times)
    found = parse(text, zone=ZoneInfo("Europe/Berlin")).messages
    utc = [datetime.fromtimestamp(m.ts, UTC).strftime("%H:%M:%S") for m in found]
    assert utc == ["23:59:00", "00:30:00", "00:59:30", "01:10:00", "01:30:00", "02:00:00"]
    assert found[1].minute == found[4].minute, "identity does not depend on which of the two it was"


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/Sao_Paulo", "Australia/Lord_Howe", "Europe/London", "UTC"])
def test_local_time_is_read_in_the_zone_given(zone: str, parse: Parse) -> None:
    text = "".join(
        f"{d:02d}/{m:02d}/2018, {h:02d}:30 - Ann: x\n" for m in (2, 4, 10, 11) for d in range(1, 29) for h in (0, 4, 23)
    )
    expected = [
        int(datetime(2018, m, d, h, 30, tzinfo=ZoneInfo(zone)).timestamp())
        for m in (2, 4, 10, 11) for d in range(1, 29) for h in (0, 4, 23)
    ]  # fmt: skip
    assert [m.ts for m in parse(text, zone=ZoneInfo(zone)).messages] == expected


# --- attachments ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "word",
    [
        "attached",
        "Anhang",
        "adjunto",
        "anexado",
        "allegato",
        "bijgevoegd",
        "прикреплено",
        "eklendi",
        "מצורף",
        "附件",
        "xyzzy",
    ],
)
def test_ios_attachments_in_any_language(word: str, parse: Parse) -> None:
    name = "00000012-PHOTO-2024-01-31-10-00-00.jpg"
    found = parse(ios(f"{LRM}<{word}: {name}>", f"on the hill {LRM}<{word}: {name}>", f"{LRM}<{word} : {name}>"))
    assert [brief(m) for m in found.messages] == [
        ("image", None, name, None), ("image", None, name, "on the hill"), ("image", None, name, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "phrase",
    ["file attached", "Datei angehängt", "archivo adjunto", "arquivo anexado", "fichier joint", "file allegato", "файл добавлен",
     "dosya ekli", "קובץ מצורף", "ملف مرفق", "文件附件", "xyzzy"],
)  # fmt: skip
@pytest.mark.parametrize("mark", ["", LRM])
def test_android_attachments_in_any_language(phrase: str, mark: str, parse: Parse) -> None:
    found = parse(android(f"{mark}IMG-20240131-WA0001.jpg ({phrase})\nthe hill\nand us"))
    assert brief(only(found)) == ("image", None, "IMG-20240131-WA0001.jpg", "the hill\nand us")


@pytest.mark.parametrize(
    ("name", "kind", "subkind"),
    [
        ("IMG-20240131-WA0001.jpg", "image", None), ("STK-20240131-WA0001.webp", "image", "sticker"),
        ("00000012-STICKER-2024-01-31-10-00-00.webp", "image", "sticker"), ("VID-20240131-WA0001.mp4", "video", None),
        ("00000012-GIF-2024-01-31-10-00-00.mp4", "video", "gif"), ("PTV-20240131-WA0001.mp4", "video", "ptv"),
        ("PTT-20240131-WA0001.opus", "audio", "voice"), ("00000012-AUDIO-2024-01-31-10-00-00.opus", "audio", "voice"),
        ("AUD-20240131-WA0001.m4a", "audio", None), ("Rechnung März.pdf", "doc", None), ("Ann Example.vcf", "other", "contact"),
        ("notes (final).docx", "doc", None), ("archive.tar.gz", "doc", None),
    ],
)  # fmt: skip
def test_what_a_file_is(name: str, kind: str, subkind: str | None, parse: Parse) -> None:
    assert brief(only(parse(android(f"{name} (file attached)")))) == (kind, subkind, name, None)
    assert brief(only(parse(ios(f"{LRM}<attached: {name}>")))) == (kind, subkind, name, None)


def test_words_in_brackets_are_no_attachment(parse: Parse) -> None:
    found = parse(android("see you (maybe)", "the list (file attached) is old", "report (2).pdf (later)"))
    assert [m.attachment for m in found.messages] == [None, None, None]
    assert [m.text for m in found.messages] == [
        "see you (maybe)",
        "the list (file attached) is old",
        "report (2).pdf (later)",
    ]


@pytest.mark.parametrize(
    "phrase",
    ["Media omitted", "Medien ausgeschlossen", "Multimedia omitido", "Mídia oculta", "Médias omis", "Без медиафайлов"],
)
def test_android_media_left_out(phrase: str, parse: Parse) -> None:
    found = parse(android(f"<{phrase}>", f"<{phrase}>\nthe caption"))
    assert [(*brief(m), m.flags) for m in found.messages] == [
        ("other", "omitted", None, None, OMITTED), ("other", "omitted", None, "the caption", OMITTED),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("phrase", "kind", "subkind"),
    [
        ("image omitted", "image", "omitted"), ("Bild weggelassen", "image", "omitted"), ("video omitido", "video", "omitted"),
        ("GIF omitted", "video", "gif"), ("sticker omitted", "image", "sticker"), ("audio omesso", "audio", "omitted"),
        ("video note omitted", "video", "ptv"), ("Contact card omitted", "other", "contact"), ("изображение отсутствует", "image", "omitted"),
    ],
)  # fmt: skip
def test_ios_media_left_out(phrase: str, kind: str, subkind: str, parse: Parse) -> None:
    found = parse(ios(f"{LRM}{phrase}", f"look! {LRM}{phrase}"))
    assert [brief(m) for m in found.messages] == [(kind, subkind, None, None), (kind, subkind, None, "look!")]
    assert brief(only(parse(ios(phrase)))) == (kind, subkind, None, None), "a file that lost its marks"


def test_an_omitted_document_keeps_its_name_as_text(parse: Parse) -> None:
    found = only(parse(ios(f"{LRM}Bill.pdf • {LRM}2 pages {LRM}document omitted")))
    assert (found.kind, found.text, found.flags) == ("doc", f"{LRM}Bill.pdf • {LRM}2 pages", OMITTED)


def test_somebody_writing_image_omitted_wrote_text(parse: Parse) -> None:
    assert brief(parse(ios(f"{LRM}image omitted", "image omitted")).messages[1]) == (
        "text",
        None,
        None,
        "image omitted",
    )


# --- edited, deleted, and other marks --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mark",
    ["<This message was edited>", "<Se editó este mensaje.>", f"{LRM}<This message was edited>", f"{LRM}<zyx wvu>"],
)
def test_edited(mark: str, parse: Parse) -> None:
    found = only(parse(ios(f"at nine\nor ten {mark}")))
    assert (found.text, found.flags, found.kind) == ("at nine\nor ten", EDITED, "text")


def test_an_edited_caption(parse: Parse) -> None:
    found = only(parse(android("IMG-20240131-WA0001.jpg (file attached)\nthe hill <This message was edited>")))
    assert (brief(found), found.flags) == (("image", None, "IMG-20240131-WA0001.jpg", "the hill"), EDITED)


@pytest.mark.parametrize(
    "phrase",
    [
        "This message was deleted",
        "You deleted this message",
        "Diese Nachricht wurde gelöscht.",
        "Eliminaste este mensaje.",
        "Mensagem apagada",
    ],
)
def test_deleted(phrase: str, parse: Parse) -> None:
    for text in (android(phrase), ios(f"{LRM}{phrase}")):
        found = only(parse(text))
        assert (found.text, found.subkind, found.flags, found.sender) == (phrase, "deleted", DELETED, "Ann")


def test_talking_about_deleting_is_text(parse: Parse) -> None:
    assert only(parse(android("This message was deleted by me, sorry"))).flags == 0


def test_null(parse: Parse) -> None:
    assert brief(only(parse(android("null")))) == ("text", "null", None, "null")


def test_poll(parse: Parse) -> None:
    body = "POLL:\nWhen?\nOPTION: nine (2 votes)\nOPTION: ten (1 vote)\n"
    for text in (android(body), ios(f"{LRM}{body}")):
        assert brief(only(parse(text))) == ("other", "poll", None, body)


@pytest.mark.parametrize(
    "body",
    ["location: https://maps.google.com/?q=52.52,13.40", f"{LRM}Standort: https://maps.google.com/?q=52.52,13.40"],
)
def test_location(body: str, parse: Parse) -> None:
    assert brief(only(parse(ios(body)))) == ("other", "location", None, body.lstrip(LRM))


def test_calls(parse: Parse) -> None:
    text = ios(f"{LRM}Missed voice call", f"{LRM}Video call, {LRM}3 min", "voice call me")
    assert [(m.subkind, m.flags) for m in parse(text).messages] == [("call", CALL), ("call", CALL), (None, 0)]


# --- system lines ----------------------------------------------------------------------------------------------------


def test_android_system_lines_have_no_sender(parse: Parse) -> None:
    text = "31/01/2024, 10:00 - Ann added Bob\n31/01/2024, 10:00 - You changed this group's icon\n" + android("left")
    found = parse(text)
    assert [(m.sender, m.kind, m.subkind, m.flags) for m in found.messages][:2] == [
        (None, "other", "system", SYSTEM)
    ] * 2
    assert found.messages[2].sender == "Ann"
    assert found.export.counts.system == 2


def test_ios_system_lines_speak_in_the_chats_name(parse: Parse) -> None:
    text = (
        f"{LRM}[31/01/2024, 10:00:00] Our Club: {LRM}Messages and calls are end-to-end encrypted.\r\n"
        f"[31/01/2024, 10:00:01] Our Club: {LRM}zyx wvu in no language we know\r\n"
        f"[31/01/2024, 10:00:02] ~{NNBSP}Gil: {LRM}~{NNBSP}Gil changed this group's icon\r\n"
        "[31/01/2024, 10:00:03] Gil: hello\r\n"
    )
    found = parse(text)
    assert found.export.title == "Our Club"
    assert [m.sender for m in found.messages] == [None, None, None, "Gil"]
    assert found.messages[1].text == "zyx wvu in no language we know"


@pytest.mark.parametrize(
    ("line", "old", "new"),
    [
        ('Ann changed the subject from "Hill: walks" to "Sea: swims"', "Hill: walks", "Sea: swims"),
        ("Ann changed the group name to “Sea”", None, "Sea"),
        ("Ann hat den Gruppennamen von „Berg“ zu „See“ geändert.", "Berg", "See"),
        ('Ann cambió el asunto de "Monte" a "Mar"', "Monte", "Mar"),
        ("Ann mudou o nome do grupo para “Mar”", None, "Mar"),
        ("Ann a changé le sujet de « Mont » à « Mer »", "Mont", "Mer"),
    ],
)
def test_a_rename_is_found_even_with_a_colon_in_the_name(line: str, old: str | None, new: str, parse: Parse) -> None:
    found = parse("31/01/2024, 10:00 - Ann: hi\n" + f"31/01/2024, 10:01 - {line}\n")
    assert found.messages[1].sender is None
    assert found.messages[1].text == line
    assert found.export.renames == [(1, old, new)]


def test_messages_can_be_read_twice(tmp_path: Path) -> None:
    from wa_pipeline.whatsapp.exports import open_export

    (tmp_path / "_chat.txt").write_text(android("a", "b"))
    with open_export(tmp_path / "_chat.txt") as export:
        first, second = list(export.messages(ZoneInfo("UTC"))), list(export.messages(ZoneInfo("UTC")))
    assert first == second
    assert export.counts.messages == 2


# --- titles ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("WhatsApp Chat with Ann & Bob.txt", "Ann & Bob"), ("WhatsApp Chat - Our Club.zip", "Our Club"),
        ("WhatsApp Chat with Ann (1).txt", "Ann"), ("WhatsApp-Chat mit Ann.txt", "Ann"), ("WhatsApp Chat mit Ann.txt", "Ann"),
        ("Chat de WhatsApp con Club - Norte.txt", "Club - Norte"), ("Conversa do WhatsApp com Ann.txt", "Ann"),
        ("Discussion WhatsApp avec Ann.txt", "Ann"), ("Chat WhatsApp con Ann.txt", "Ann"), ("WhatsApp-chat met Ann.txt", "Ann"),
        ("Чат WhatsApp с контактом Аня.txt", "Аня"), ("Ann ile WhatsApp Sohbeti.txt", "Ann"), ("Chat WhatsApp dengan Ann.txt", "Ann"),
        ("Czat WhatsApp z Ann.txt", "Ann"), ("與小明的 WhatsApp 對話.txt", "小明"), ("Ann님과의 WhatsApp 대화.txt", "Ann"),
        ("WhatsApp Chat with A. with love.txt.zip", "A. with love"), ("family.txt", "family"),
    ],
)  # fmt: skip
def test_the_title_is_in_the_file_name(name: str, title: str) -> None:
    from wa_pipeline.whatsapp.exports.title import title_of

    assert title_of(name, None, None) == title


def test_a_bare_chat_takes_its_title_from_the_zip(make_zip: Callable[..., Path]) -> None:
    assert read(make_zip({"_chat.txt": ios("hi")}, "WhatsApp Chat - Our Club (2).zip")).export.title == "Our Club"
    assert read(make_zip({"_chat.txt": ios("hi")}, "_chat.zip")).export.title is None


# --- media in the zip ---------------------------------------------------------------------------------------------------


def test_media_are_listed_and_opened(make_zip: Callable[..., Path]) -> None:
    from wa_pipeline.whatsapp.exports import open_export

    members = {"Club/_chat.txt": ios("hi"), "Club/Zoe\u0308.jpg": b"jpeg", "__MACOSX/Club/._x.jpg": b"junk"}
    with open_export(make_zip(members)) as export:
        assert dict(export.media) == {"Zoe\u0308.jpg": 4}
        assert export.find_media("Zoë.jpg") == "Zoe\u0308.jpg"
        assert export.find_media("gone.jpg") is None
        with export.open_media("Zoë.jpg") as stream:
            assert stream.read() == b"jpeg"

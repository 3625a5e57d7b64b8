"""Whatever the locale: what was written into an export is what comes out of it, all of it, unchanged."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.whatsapp.conftest import read
from tests.whatsapp.layouts import LOCALES, Locale, render

NAMES = [
    "Ann",
    "Bob Builder",
    "Ops:Night",
    "مريم",
    "דנה",
    "小明",
    "+49 170 1234567",
    "Zoë 🌻",
    "O'Neil (work)",
    "a-b [c]",
]
LINES = st.text(
    st.characters(
        codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="<>()（）\u200e\u200f\ufeff\u2028"
    ),
    max_size=60,
)
# The forms the parser gives a meaning to have tests of their own.
BODIES = (
    st.lists(LINES, min_size=1, max_size=4).map("\n".join).filter(lambda body: "://" not in body and body != "null")
)


@st.composite
def chats(draw: st.DrawFn) -> list[tuple[datetime, str | None, str]]:
    at = datetime(2024, 1, 30, 22, 50, 1, tzinfo=UTC)
    messages: list[tuple[datetime, str | None, str]] = [(at, "Ann", "first")]
    for _ in range(draw(st.integers(1, 12))):
        at += timedelta(seconds=draw(st.sampled_from([0, 1, 59, 61, 3_600, 86_400, 40 * 86_400])))
        messages.append((at, draw(st.sampled_from(NAMES)), draw(BODIES)))
    return messages


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.name)
@settings(max_examples=15, deadline=None)
@given(chat=chats())
def test_what_was_written_is_what_is_read(locale: Locale, chat: list[tuple[datetime, str | None, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "_chat.txt"
        path.write_bytes(render(locale, chat).encode())
        found = read(path)
    expected = [(at if locale.seconds else at.replace(second=0), sender, body or None) for at, sender, body in chat]
    assert [(datetime.fromtimestamp(m.ts, UTC), m.sender, m.text) for m in found.messages] == expected
    assert [m.seq for m in found.messages] == list(range(len(chat)))
    assert found.export.date_order == locale.order
    assert found.export.precision == ("second" if locale.seconds else "minute")


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.name)
@pytest.mark.parametrize(("hour", "minute"), [(0, 0), (0, 59), (11, 59), (12, 0), (12, 30), (13, 5), (23, 59)])
def test_every_hour_of_the_day(locale: Locale, hour: int, minute: int, tmp_path: Path) -> None:
    at = datetime(2024, 5, 31, hour, minute, tzinfo=UTC)
    (tmp_path / "_chat.txt").write_bytes(render(locale, [(at, "Ann", "hi")]).encode())
    assert [m.ts for m in read(tmp_path / "_chat.txt").messages] == [int(at.timestamp())]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le-with-mark"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_encodings_with_a_byte_order_mark(encoding: str, line_end: str, tmp_path: Path) -> None:
    text = line_end.join(f"[31/01/2024, 10:00:{n % 60:02d}] Ann: größe {n} 😀" for n in range(20_000)) + line_end
    data = ("\ufeff" + text).encode("utf-16-le") if encoding.endswith("mark") else text.encode(encoding)
    (tmp_path / "_chat.txt").write_bytes(data)
    assert [m.text for m in read(tmp_path / "_chat.txt").messages] == [f"größe {n} 😀" for n in range(20_000)]


def test_messages_survive_every_cut_between_blocks(tmp_path: Path) -> None:
    """More than a block of text, with line ends and wide characters wherever a block may end."""
    bodies = [f"{'x' * (n % 97)}😀\r{n}" + ("\nzweite Zeile" if n % 7 == 0 else "") for n in range(30_000)]
    text = "".join(f"[31/01/2024, 10:00:00] Ann: {body}\r\n" for body in bodies)
    (tmp_path / "_chat.txt").write_bytes(text.encode())
    assert [m.text for m in read(tmp_path / "_chat.txt").messages] == bodies


def test_one_message_longer_than_a_block(tmp_path: Path) -> None:
    long = "\n".join(f"line {n} of a very long list" for n in range(60_000))
    text = f"31/01/2024, 10:00 - Ann: a\n31/01/2024, 10:01 - Bob: {long}\n31/01/2024, 10:02 - Ann: b\n"
    (tmp_path / "_chat.txt").write_bytes(text.encode())
    assert [m.text for m in read(tmp_path / "_chat.txt").messages] == ["a", long, "b"]

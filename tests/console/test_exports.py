"""Exports through the browser: streamed to disk, registered with their time zone, refused where they are none."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.conftest import Console
from wa_pipeline.errors import UploadRefused
from wa_pipeline.steps.exports import SETTLED_SECONDS, scan_folder
from wa_pipeline.steps.uploads import safe_name

CHAT = b"01/02/2024, 10:00 - Ana: a word\n"
NAME = "WhatsApp Chat with Elm Lane.txt"


def _send(console: Console, body: bytes | Iterator[bytes], **asked: str) -> tuple[int, dict[str, object]]:
    answer = console.http.post("/api/exports", params={"name": NAME, "tz": "Europe/London", **asked}, content=body)
    return answer.status_code, answer.json()


def _left(console: Console) -> list[str]:
    folder = console.settings.exports_folder
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_an_export_is_stored_registered_and_waits_for_the_sensor(own_console: Console) -> None:
    status, told = _send(own_console, CHAT)
    assert status == 201
    assert (told["state"], told["tz"], told["file"]) == ("waiting", "Europe/London", NAME)
    assert str(told["export_key"]) in str(told["run"])
    assert _left(own_console) == [NAME]
    assert own_console.http.get("/api/exports").json()["exports"][0]["export_key"] == told["export_key"]
    assert NAME in own_console.http.get("/exports").text
    # The sensor takes it with the zone that was given, though WA_EXPORT_TZ says none.
    time.sleep(SETTLED_SECONDS + 0.2)
    (found,) = scan_folder(own_console.ctx)
    assert (found.ready, found.tz, found.export_key) == (True, "Europe/London", told["export_key"])


def test_another_file_of_the_same_name_gets_a_number(own_console: Console) -> None:
    _send(own_console, CHAT)
    status, told = _send(own_console, CHAT + b"01/02/2024, 10:01 - Ben: another\n")
    assert (status, told["file"]) == (201, "WhatsApp Chat with Elm Lane (1).txt")
    assert len(_left(own_console)) == 2


def test_the_body_may_come_in_pieces_without_a_length(own_console: Console) -> None:
    status, _ = _send(own_console, iter([b"x" * 700_000] * 5))
    assert status == 201
    assert (own_console.settings.exports_folder / NAME).stat().st_size == 3_500_000


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"name": "picture.png"}, 400, "upload_refused"),
        ({"name": ".zip"}, 400, "upload_refused"),
        ({"name": ""}, 400, "upload_refused"),
        ({"tz": "Nowhere/Land"}, 400, "bad_export"),
        ({"tz": "../../etc/passwd"}, 400, "bad_export"),
        ({"tz": ""}, 400, "bad_parameter"),
        ({"date_order": "xyz"}, 400, "bad_parameter"),
        ({"group": "nobody"}, 400, "bad_parameter"),
    ],
)
def test_what_is_no_export_is_refused_and_leaves_nothing(
    own_console: Console, asked: dict[str, str], status: int, code: str
) -> None:
    found, told = _send(own_console, CHAT, **asked)
    error = told["error"]
    assert isinstance(error, dict)
    assert (found, error["code"]) == (status, code)
    assert _left(own_console) == []


def test_an_empty_file_is_refused(own_console: Console) -> None:
    assert _send(own_console, b"")[0] == 400
    assert _left(own_console) == []


def test_more_than_the_cap_is_refused_whatever_was_announced(
    own_console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_console.ctx.settings, "upload_max_mb", 1)
    assert _send(own_console, b"x" * 1_200_000)[0] == 413
    assert _send(own_console, iter([b"x" * 300_000] * 5))[0] == 413
    assert _left(own_console) == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/cron.d/chat.txt", "chat.txt"),
        ("C:\\Users\\me\\chat.zip", "chat.zip"),
        ("..hidden.zip", "hidden.zip"),
        ("a\x00b\nc.txt", "abc.txt"),
        ("‎WhatsApp Chat - עברית.zip", "‎WhatsApp Chat - עברית.zip"),
        ("x" * 400 + ".zip", "x" * 180 + ".zip"),
    ],
)
def test_a_name_stays_inside_the_folder(given: str, kept: str) -> None:
    assert safe_name(given) == kept
    assert Path(safe_name(given)).name == safe_name(given)


@pytest.mark.parametrize("given", ["", ".", "..", "/", "a", "a.html", "a.zip/", ".zip", "a.zip\u202e.exe"])
def test_a_name_that_is_no_export_s_is_refused(given: str) -> None:
    with pytest.raises(UploadRefused):
        safe_name(given)

"""Who gets in, and that nothing said to those who do not gives anything away."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg import sql

from tests.console.conftest import Console
from wa_pipeline.console import console_link, console_token
from wa_pipeline.console.access import Access
from wa_pipeline.errors import StoreUnreachable
from wa_pipeline.settings import load_settings
from wa_pipeline.storage import read_or_make

PRIVATE = ["/", "/api/messages", "/openapi.json", "/static/console.css", "/media/x", "/nothing", "/docs"]


def _error(answer: httpx.Response) -> str:
    body = answer.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message"}
    assert answer.headers["content-type"] == "application/json"
    return str(body["error"]["code"])


@pytest.mark.parametrize("path", PRIVATE)
def test_without_the_token_nothing_is_shown(console: Console, path: str) -> None:
    cookie = f"wa_console_{console.settings.console_port}"
    for name, value in (
        ("x-nothing", ""),
        ("authorization", "Bearer wrong"),
        ("authorization", "Bearer"),
        ("authorization", f"Basic {console.token}"),
        ("cookie", f"{cookie}={console.token}"),
        ("cookie", f"{cookie}="),
        ("cookie", "a;;=;"),
    ):
        answer = console.stranger.get(path, headers={name: value})
        assert answer.status_code == 401
        assert _error(answer) == "token_needed"
    assert console.stranger.get(path, params={"token": "wrong"}).status_code == 401
    assert console.stranger.get(path, params={"token": ""}).status_code == 401


def test_the_printed_link_lets_a_browser_in_and_leaves_no_token_behind(console: Console) -> None:
    with httpx.Client(timeout=20) as browser:
        answer = browser.get(f"{console.url}/?q=a%26b&token={console.token}&kind=")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/?q=a%26b&kind="
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert console.token not in cookie
        assert browser.get(console.url + answer.headers["location"]).status_code == 200
        assert browser.get(f"{console.url}/api/messages").status_code == 200
    assert console_link(console.settings) == f"{console.url}/?token={console.token}"


def test_the_link_leads_to_no_other_site(console: Console) -> None:
    for path in ("//evil.example/", "/%2fevil.example/", "///evil.example", "/\\evil.example"):
        answer = httpx.get(f"{console.url}{path}?token={console.token}")
        assert answer.status_code in (303, 404)
        assert not answer.headers.get("location", "").startswith(("//", "/\\", "http"))


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8400", "127.0.0.1.evil.example", "", "localhost@evil", "a b"]
)
def test_a_name_that_is_not_ours_is_refused_even_with_the_token(console: Console, host: str) -> None:
    for path in ("/", "/healthz", "/storage/v1/object/sign/wa-media/x"):
        answer = console.http.get(path, headers={"host": host})
        assert answer.status_code == 403
        assert _error(answer) == "host_refused"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:8400", "archive.lan"])
def test_our_own_names_are_known(console: Console, host: str) -> None:
    assert console.http.get("/healthz", headers={"host": host}).status_code == 200


def test_a_page_from_elsewhere_cannot_write(console: Console) -> None:
    host = console.url.removeprefix("http://")
    cookie = httpx.get(f"{console.url}/?token={console.token}").headers["set-cookie"].partition(";")[0]
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1", f"http://{host}.evil.example", "", None):
        headers = {"cookie": cookie} | ({"origin": origin} if origin is not None else {})
        answer = console.stranger.post("/api/messages", headers=headers)
        assert (answer.status_code, _error(answer)) == (403, "origin_refused")
    answer = console.stranger.post("/api/messages", headers={"cookie": cookie, "origin": console.url})
    assert (answer.status_code, _error(answer)) == (405, "method_not_allowed")
    assert console.http.post("/api/messages").status_code == 405
    assert console.http.post("/api/messages", headers={"origin": "https://evil.example"}).status_code == 403


def test_the_token_in_the_address_cannot_write(console: Console) -> None:
    assert console.stranger.post(f"/api/messages?token={console.token}").status_code == 401


def test_every_error_has_the_one_shape(console: Console) -> None:
    for method, path, status in (
        ("GET", "/nothing", 404),
        ("GET", "/static/../app.py", 404),
        ("GET", "/static/nothing.css", 404),
        ("DELETE", "/api/messages", 405),
        ("GET", "/api/messages?limit=x", 400),
        ("GET", "/%ff%fe", 404),
    ):
        answer = console.http.request(method, path)
        assert answer.status_code == status, path
        _error(answer)


def test_a_fault_of_ours_shows_no_trace(
    own_console: Console, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr("wa_pipeline.console.reading.search", broken)
    answer = own_console.http.get("/api/messages")
    assert (answer.status_code, _error(answer)) == (500, "internal_error")
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "the secret inside" in caplog.text


def test_health_needs_no_token_and_tells_when_the_database_is_gone(own_console: Console) -> None:
    assert own_console.stranger.get("/healthz").json() == {"status": "ok"}
    name = own_console.ctx.archive_url.rpartition("/")[2]
    server = own_console.ctx.archive_url.removesuffix(name) + "postgres"
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
    answer = own_console.stranger.get("/healthz")
    assert (answer.status_code, _error(answer)) == (503, "database_unreachable")
    assert name not in answer.text
    assert own_console.http.get("/api/messages").status_code == 503


def test_health_tells_when_the_store_does_not_answer(own_console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable() -> None:
        raise StoreUnreachable(where="abc.supabase.co", reason="no answer in time")

    monkeypatch.setattr(own_console.ctx.store, "bucket_state", unreachable)
    answer = own_console.stranger.get("/healthz")
    assert (answer.status_code, _error(answer)) == (503, "store_failed")


def test_answers_carry_safe_headers(console: Console) -> None:
    for path in ("/", "/api/messages", "/nothing", "/healthz"):
        headers = console.http.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "access-control-allow-origin" not in headers


def test_a_token_is_made_once_and_kept_from_others(wa_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = console_token(load_settings())
    path = wa_home / "secrets" / "console.token"
    assert console_token(load_settings()) == token == read_or_make(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    monkeypatch.setenv("WA_CONSOLE_TOKEN", "of my own")
    assert console_token(load_settings()) == "of my own"


def test_no_answer_of_the_api_holds_the_token(console: Console) -> None:
    for path in ("/", "/api/messages", "/openapi.json", "/healthz"):
        answer = console.http.get(path)
        assert console.token not in answer.text + json.dumps(dict(answer.headers))


def test_behind_a_proxy_its_public_name_and_origin_are_ours(wa_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WA_PUBLIC_URL", "https://Archive.example/")
    monkeypatch.setenv("WA_CONSOLE_HOST", "0.0.0.0")
    access = Access.from_settings(load_settings())
    assert access.secure
    assert access.knows_host(["archive.example"])
    assert not access.knows_host(["0.0.0.0"])
    assert not access.knows_host(["archive.example", "evil.example"])
    assert access.knows_origin("https://archive.example", "127.0.0.1:8400")
    assert not access.knows_origin("https://evil.example", "127.0.0.1:8400")


@pytest.mark.parametrize(
    ("host", "url"),
    [("0.0.0.0", "http://127.0.0.1:8400"), ("::", "http://[::1]:8400"), ("box.lan", "http://box.lan:8400")],
)
def test_links_name_an_address_that_can_be_opened(
    wa_home: Path, monkeypatch: pytest.MonkeyPatch, host: str, url: str
) -> None:
    monkeypatch.setenv("WA_CONSOLE_HOST", host)
    assert load_settings().console_url == url

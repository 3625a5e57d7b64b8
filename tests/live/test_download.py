"""Which addresses are asked for a file, and how much of an answer is taken."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.live.cdn import Cdn, serving_cdn
from wa_pipeline.steps import download
from wa_pipeline.steps.download import DownloadFailed, Downloads, address_of

PUBLIC = "157.240.0.1"


@pytest.fixture
def cdn(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cdn]:
    monkeypatch.setattr(download, "_PAUSE_SECONDS", 0.01)
    with serving_cdn() as served:
        yield served


@pytest.mark.parametrize(
    "url",
    [
        "http://mmg.whatsapp.net/x", "https://example.org/x", "https://127.0.0.1/x", "http://[::1]/x", "file:///etc/passwd",
        "https://mmg.whatsapp.net.example.org/x", "ftp://mmg.whatsapp.net/x", "http://127.0.0.1:1/x", "", "https://[",
    ],
)  # fmt: skip
def test_no_other_address_is_asked(url: str, cdn: Cdn) -> None:
    with closing(Downloads(frozenset({cdn.host}), 1000)) as downloads, pytest.raises(DownloadFailed):
        list(downloads.pieces(url))


def test_a_redirect_leads_nowhere_that_is_not_allowed(cdn: Cdn) -> None:
    cdn.moved = {"/a": "http://169.254.169.254/latest", "/b": "/b", "/c": f"http://{cdn.host}/file"}
    cdn.files["/file"] = b"bytes"
    with closing(Downloads(frozenset({cdn.host}), 1000)) as downloads:
        with pytest.raises(DownloadFailed, match="not allowed"):
            list(downloads.pieces(f"http://{cdn.host}/a"))
        with pytest.raises(DownloadFailed, match="too often"):
            list(downloads.pieces(f"http://{cdn.host}/b"))
        assert b"".join(downloads.pieces(f"http://{cdn.host}/c")) == b"bytes"


def test_what_proves_us_to_the_gateway_goes_nowhere_it_redirects_to(cdn: Cdn) -> None:
    with serving_cdn() as other:
        other.files["/file"] = b"bytes"
        cdn.moved = {"/a": f"http://{other.host}/file"}
        with closing(Downloads(frozenset({other.host}), 1000)) as downloads:
            assert b"".join(downloads.pieces(f"http://{cdn.host}/a", own={"X-Api-Key": "k"})) == b"bytes"
        assert [headers.get("x-api-key") for headers in cdn.headers] == ["k"]
        assert [headers.get("x-api-key") for headers in other.headers] == [None]
        with closing(Downloads(frozenset(), 1000)) as downloads, pytest.raises(DownloadFailed, match="not allowed"):
            list(downloads.pieces(f"http://{cdn.host}/a", own={"X-Api-Key": "k"}))


def test_no_more_is_downloaded_than_allowed(cdn: Cdn) -> None:
    cdn.files["/large"] = bytes(3 << 20)
    with closing(Downloads(frozenset({cdn.host}), 1 << 20)) as downloads:
        for announced in (True, False):
            cdn.announced = announced
            with pytest.raises(DownloadFailed, match="larger than 1 MB"):
                list(downloads.pieces(f"http://{cdn.host}/large"))


def test_a_download_that_drags_on_is_given_up(cdn: Cdn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "_DEADLINE_SECONDS", 0.2)
    cdn.files["/slow"], cdn.slow = bytes(100), 0.1
    downloads = Downloads(frozenset({cdn.host}), 1000)
    with closing(downloads), pytest.raises(DownloadFailed, match="takes too long") as failed:
        list(downloads.pieces(f"http://{cdn.host}/slow"))
    assert failed.value.transient


def test_the_query_of_a_direct_path_is_kept() -> None:
    locator = {"direct_path": "/v/x.enc?ccb=1&oh=2", "url": "https://mmg.whatsapp.net/v/x.enc"}
    assert address_of(locator) == "https://mmg.whatsapp.net/v/x.enc?ccb=1&oh=2"
    assert address_of({"url": "https://gateway.example/file"}) == "https://gateway.example/file"


class Network:
    """What names mean (`addresses`, one look-up after the other), and where connections go: here, and noted."""

    def __init__(self, port: int, addresses: list[str]) -> None:
        self.port, self.addresses, self.connected = port, addresses, list[str]()
        self._connect, self._look_up = socket.create_connection, socket.getaddrinfo

    def getaddrinfo(self, host: str, port: int, *rest: Any, **more: Any) -> list[Any]:
        if not host.endswith("whatsapp.net"):
            return self._look_up(host, port, *rest, **more)
        found = self.addresses.pop(0) if len(self.addresses) > 1 else self.addresses[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (found, port))]

    def create_connection(self, address: tuple[str, int], *rest: Any, **more: Any) -> socket.socket:
        self.connected.append(f"{address[0]}:{address[1]}")
        if address[0] == PUBLIC:
            return self._connect(("127.0.0.1", self.port), *rest, **more)
        raise OSError("the test goes nowhere else")


@pytest.fixture
def whatsapp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Network, ssl.SSLContext]]:
    """A CDN by https that has a certificate for mmg.whatsapp.net, and who trusts it."""
    own, trust = certificate(tmp_path, "mmg.whatsapp.net")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f"{self.headers['Host']}{self.path}".encode())

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = own.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    network = Network(server.server_address[1], [PUBLIC])
    monkeypatch.setattr(download, "_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(socket, "getaddrinfo", network.getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", network.create_connection)
    try:
        yield network, trust
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_name_that_changes_its_meaning_leads_nowhere_else(whatsapp: tuple[Network, ssl.SSLContext]) -> None:
    network, trust = whatsapp
    network.addresses = [PUBLIC, "127.0.0.1", "10.0.0.1", "::ffff:10.0.0.1", "169.254.169.254", "0.0.0.0"]
    with closing(Downloads(frozenset(), 1000, trust=trust)) as downloads:
        assert b"".join(downloads.pieces("https://mmg.whatsapp.net/v?oh=1")) == b"mmg.whatsapp.net/v?oh=1"
        for _ in range(5):
            with pytest.raises(DownloadFailed, match="private network"):
                list(downloads.pieces("https://mmg.whatsapp.net/v"))
    assert network.connected == [f"{PUBLIC}:443"]


def test_the_certificate_is_to_be_that_of_the_name(whatsapp: tuple[Network, ssl.SSLContext]) -> None:
    network, trust = whatsapp
    with closing(Downloads(frozenset(), 1000, trust=trust)) as downloads:
        assert list(downloads.pieces("https://mmg.whatsapp.net/v"))
        with pytest.raises(DownloadFailed, match="connection failed"):
            list(downloads.pieces("https://media.cdn.whatsapp.net/v"))
    with closing(Downloads(frozenset(), 1000)) as downloads, pytest.raises(DownloadFailed, match="connection failed"):
        list(downloads.pieces("https://mmg.whatsapp.net/v"))
    assert set(network.connected) == {f"{PUBLIC}:443"}


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate of its own for a name, and that of a client who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    today = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    both = folder / "both.pem"
    both.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *private) + made.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(both)
    return server, ssl.create_default_context(cadata=made.public_bytes(serialization.Encoding.PEM).decode())

"""A stand-in for WhatsApp's CDN on loopback, and the encryption that a phone does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from wa_pipeline.whatsapp.decrypt import media_keys


def encrypt(plain: bytes, key: bytes, media_type: str) -> bytes:
    """The file as it lies on the CDN."""
    keys = media_keys(key, media_type)
    padder = PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(keys.cipher), modes.CBC(keys.iv)).encryptor()
    sealed = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    return sealed + hmac.new(keys.mac, keys.iv + sealed, hashlib.sha256).digest()[:10]


@dataclass
class Cdn:
    """`files` by path; `answers`: statuses given before the file; `moved`: redirects; `hits`: requests by path;
    `headers`: of each request; `announced`: whether the length is told; `slow`: seconds before each ten bytes."""

    port: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    answers: dict[str, list[int]] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    hits: Counter[str] = field(default_factory=Counter)
    headers: list[dict[str, str]] = field(default_factory=list)
    announced: bool = True
    slow: float = 0.0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def put(self, name: str, plain: bytes, *, media_type: str, altered: bool = False, cut: int = 0) -> dict[str, Any]:
        """Puts a file up; the content of a message that names it, as Baileys has it."""
        key = hashlib.sha256(name.encode()).digest()
        sealed = encrypt(plain, key, media_type)
        told = hashlib.sha256(sealed).digest()
        if altered:
            sealed = sealed[:20] + bytes([sealed[20] ^ 1]) + sealed[21:]
        self.files[f"/{name}"] = sealed[: len(sealed) - cut]
        return {
            "url": f"http://{self.host}/{name}?oh=secret",
            "mediaKey": base64.b64encode(key).decode(),
            "fileEncSha256": base64.b64encode(told).decode(),
            "fileSha256": base64.b64encode(hashlib.sha256(plain).digest()).decode(),
            "fileLength": len(plain),
        }


@contextmanager
def serving_cdn() -> Iterator[Cdn]:
    cdn = Cdn()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            cdn.hits[path] += 1
            cdn.headers.append({name.lower(): value for name, value in self.headers.items()})
            waiting = cdn.answers.get(path)
            if path in cdn.moved:
                self.send_response(302)
                self.send_header("Location", cdn.moved[path])
                self.end_headers()
                return
            status = waiting.pop(0) if waiting else 200 if path in cdn.files else 404
            body = cdn.files.get(path, b"") if status == 200 else b""
            self.send_response(status)
            if cdn.announced:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                for start in range(0, len(body), 10) if cdn.slow else ():
                    time.sleep(cdn.slow)
                    self.wfile.write(body[start : start + 10])
                    self.wfile.flush()
                if not cdn.slow:
                    self.wfile.write(body)
            except OSError:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    cdn.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield cdn
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

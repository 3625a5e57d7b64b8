"""Bytes from an address that a message named: only from hosts that are allowed, never more than allowed.

The address comes from outside, so it could name a machine of this network. WhatsApp's own hosts are reached by https
and must not resolve to a private address; every other host has to be listed in WA_MEDIA_HOSTS.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    import httpx

CDN: Final = "mmg.whatsapp.net"
_REDIRECTS: Final = 3
_TRIES: Final = 3
_GONE: Final = frozenset({403, 404, 410})
_AGAIN: Final = frozenset({429, 500, 502, 503, 504})
_DEADLINE_SECONDS: Final = 900.0


class DownloadFailed(Exception):
    """Why there are no bytes, as a clause for people. `expired`: the address is too old; `transient`: later may do."""

    def __init__(self, reason: str, *, expired: bool = False, transient: bool = False) -> None:
        super().__init__(reason)
        self.expired, self.transient = expired, transient


def address_of(locator: dict[str, str]) -> str:
    """Where the file lies: WhatsApp's CDN by its path, query and all, else the address itself."""
    path = locator.get("direct_path")
    url = locator.get("url", "")
    if path and path.startswith("/") and (not url or urlsplit(url).hostname == CDN):
        return f"https://{CDN}{path}"
    return url


class Downloads:
    """Downloads over one client. `hosts`: `host` or `host:port` besides WhatsApp's own; `most`: bytes."""

    def __init__(self, hosts: frozenset[str], most: int) -> None:
        import httpx

        self._hosts, self._most = hosts, most
        timeout = httpx.Timeout(60, connect=10)
        # It logs whole addresses, which give access; and what is packed could unpack to more than is allowed.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        headers = {"accept-encoding": "identity"}
        self._client = httpx.Client(timeout=timeout, headers=headers, follow_redirects=False, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def pieces(self, url: str) -> Iterator[bytes]:
        """The file in pieces. Raises `DownloadFailed`."""
        import httpx

        for attempt in range(_TRIES):
            started = False
            try:
                for piece in self._once(url):
                    started = True
                    yield piece
                return
            except DownloadFailed as failed:
                if started or not failed.transient or attempt == _TRIES - 1:
                    raise
            except httpx.TransportError as error:
                if started or attempt == _TRIES - 1:
                    raise DownloadFailed(f"the connection failed ({type(error).__name__})", transient=True) from None
            time.sleep(0.5 * 4**attempt)

    def _once(self, url: str) -> Iterator[bytes]:
        deadline = time.monotonic() + _DEADLINE_SECONDS
        for _ in range(_REDIRECTS + 1):
            self._allow(url)
            with self._client.stream("GET", url) as answer:
                if answer.is_redirect:
                    url = urljoin(url, answer.headers.get("location", ""))
                    continue
                yield from self._body(answer, deadline)
                return
        raise DownloadFailed("it is redirected too often")

    def _body(self, answer: httpx.Response, deadline: float) -> Iterator[bytes]:
        status = answer.status_code
        if status in _GONE:
            raise DownloadFailed(f"its address is no longer good (status {status})", expired=True)
        if status != 200:
            raise DownloadFailed(f"its host answered with status {status}", transient=status in _AGAIN)
        announced = answer.headers.get("content-length", "0")
        size = int(announced) if announced.isdecimal() else 0
        for piece in answer.iter_raw() if size <= self._most else ():
            yield piece
            size = max(size, answer.num_bytes_downloaded)
            if size > self._most:
                break
            if time.monotonic() > deadline:
                raise DownloadFailed("it takes too long", transient=True)
        if size > self._most:
            raise DownloadFailed(f"it is larger than {self._most >> 20} MB")

    def _allow(self, url: str) -> None:
        """Raises `DownloadFailed` for an address that is not to be asked."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise DownloadFailed("its address is none") from None
        if host in self._hosts or f"{host}:{port}" in self._hosts:
            if parts.scheme not in ("http", "https"):
                raise DownloadFailed("its address is none")
            return
        if parts.scheme != "https" or not (host == "whatsapp.net" or host.endswith(".whatsapp.net")):
            raise DownloadFailed("its host is not allowed; WA_MEDIA_HOSTS lists further ones")
        if any(not address.is_global for address in _addresses(host)):
            raise DownloadFailed("its host lies in a private network")


def _addresses(host: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except OSError:
        raise DownloadFailed("its host cannot be found", transient=True) from None
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]

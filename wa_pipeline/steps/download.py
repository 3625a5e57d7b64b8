"""Bytes from an address that a message named: only from hosts that are allowed, never more than allowed.

The address comes from outside, so it could name a machine of this network. WhatsApp's own hosts are reached by https at
the very address that was looked at and found public, so that a name cannot mean another machine a moment later. Every
other host has to be listed in WA_MEDIA_HOSTS, or be the gateway's own.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    import httpx

CDN: Final = "mmg.whatsapp.net"
_REDIRECTS: Final = 3
_TRIES: Final = 3
_PAUSE_SECONDS: Final = 0.5
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
    """Downloads, one after the other. `hosts`: `host` or `host:port` besides WhatsApp's own; `most`: bytes; `trust`:
    whose certificates, where not those everybody trusts."""

    def __init__(self, hosts: frozenset[str], most: int, *, trust: ssl.SSLContext | None = None) -> None:
        self._hosts, self._most = hosts, most
        self._trust = trust or ssl.create_default_context()
        self._clients: dict[str, httpx.Client] = {}
        # It logs whole addresses, which give access.
        logging.getLogger("httpx").setLevel(logging.WARNING)

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def pieces(self, url: str, *, own: Mapping[str, str] | None = None) -> Iterator[bytes]:
        """The file in pieces. `own`: headers that prove us to the gateway, whose own address this is then; they go
        nowhere it may redirect to. Raises `DownloadFailed`."""
        import httpx

        for attempt in range(_TRIES):
            started = False
            try:
                for piece in self._once(url, own):
                    started = True
                    yield piece
                return
            except DownloadFailed as failed:
                if started or not failed.transient or attempt == _TRIES - 1:
                    raise
            except (httpx.TransportError, httpx.InvalidURL) as error:
                if started or attempt == _TRIES - 1:
                    raise DownloadFailed(f"the connection failed ({type(error).__name__})", transient=True) from None
            time.sleep(_PAUSE_SECONDS * 4**attempt)

    def _once(self, url: str, own: Mapping[str, str] | None) -> Iterator[bytes]:
        import httpx

        deadline = time.monotonic() + _DEADLINE_SECONDS
        for _ in range(_REDIRECTS + 1):
            host, pinned = (urlsplit(url).netloc, None) if own is not None else self._allowed(url)
            target, headers = httpx.URL(url), {**(own or {})}
            if pinned is not None:
                target, headers = target.copy_with(host=pinned), {"host": host}
            with self._client(host).stream("GET", target, headers=headers, extensions={"sni_hostname": host}) as answer:
                if answer.is_redirect:
                    url, own = urljoin(url, answer.headers.get("location", "")), None
                    continue
                yield from self._body(answer, deadline)
                return
        raise DownloadFailed("it is redirected too often")

    def _client(self, host: str) -> httpx.Client:
        """One for each name: a connection whose certificate was looked at for one name is not used for another."""
        import httpx

        if host not in self._clients:
            # What is packed could unpack to more than is allowed.
            self._clients[host] = httpx.Client(
                timeout=httpx.Timeout(60, connect=10),
                headers={"accept-encoding": "identity"},
                follow_redirects=False,
                trust_env=False,
                verify=self._trust,
            )
        return self._clients[host]

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

    def _allowed(self, url: str) -> tuple[str, str | None]:
        """The host of an address, and where to connect to if not to whatever the name means by then. Raises
        `DownloadFailed` for an address that is not to be asked."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise DownloadFailed("its address is none") from None
        if host in self._hosts or f"{host}:{port}" in self._hosts:
            if parts.scheme not in ("http", "https"):
                raise DownloadFailed("its address is none")
            return host, None
        own = host == "whatsapp.net" or host.endswith(".whatsapp.net")
        if parts.scheme != "https" or not own or port not in (None, 443):
            raise DownloadFailed("its host is not allowed; WA_MEDIA_HOSTS lists further ones")
        addresses = _addresses(host)
        if any(not address.is_global for address in addresses):
            raise DownloadFailed("its host lies in a private network")
        return host, str(addresses[0])


def _addresses(host: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """At least one. Raises `DownloadFailed`."""
    try:
        found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except OSError:
        raise DownloadFailed("its host cannot be found", transient=True) from None
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]

"""Who may ask the console: those who know its token, by a name that is ours, from a page that is ours."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from wa_pipeline.settings import Settings
from wa_pipeline.storage import read_or_make

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
ANY_ADDRESS = frozenset({"0.0.0.0", "::", "[::]", ""})

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?", re.ASCII)


def console_token(settings: Settings) -> str:
    """WA_CONSOLE_TOKEN, or the one made at first start and kept in $WA_HOME/secrets/console.token."""
    if settings.console_token is not None:
        return settings.console_token.get_secret_value()
    return read_or_make(settings.secrets_folder / "console.token")


def console_link(settings: Settings) -> str:
    """The link that lets a browser in."""
    return f"{settings.console_url}/?token={console_token(settings)}"


@dataclass(frozen=True)
class Access:
    """The rules of one console."""

    token: str
    hosts: frozenset[str]
    public_origin: str | None
    cookie_name: str
    secure: bool

    @classmethod
    def from_settings(cls, settings: Settings) -> Access:
        """Names: loopback, the host we listen on, WA_PUBLIC_URL's, WA_ALLOWED_HOSTS."""
        public = urlsplit(settings.public_url or "")
        named = {name.strip().lower() for name in settings.allowed_hosts.split(",")}
        names = {_bracketed(name) for name in named | {settings.console_host.lower(), public.hostname or ""}}
        return cls(
            token=console_token(settings),
            hosts=LOOPBACK | (names - ANY_ADDRESS),
            public_origin=f"{public.scheme}://{public.netloc}".lower() if public.netloc else None,
            # Cookies know no ports: two consoles on one machine must not overwrite each other's.
            cookie_name=f"wa_console_{settings.console_port}",
            secure=public.scheme == "https",
        )

    @property
    def cookie(self) -> str:
        """What the browser keeps: it opens this console, and does not give the token away."""
        return hmac.new(self.token.encode(), b"console cookie", hashlib.sha256).hexdigest()

    def knows_host(self, hosts: list[str]) -> bool:
        """Whether the Host header is there once and names us (a page elsewhere may point its own name at us)."""
        found = _HOST.fullmatch(hosts[0].lower()) if len(hosts) == 1 else None
        return bool(found and found.group(1) in self.hosts)

    def knows_origin(self, origin: str, host: str) -> bool:
        """Whether a page of this origin is one of ours: the very host and port asked, or the public address."""
        origin = origin.lower()
        return origin in (f"http://{host.lower()}", f"https://{host.lower()}", self.public_origin)

    def is_token(self, given: str | None) -> bool:
        """Compares in constant time."""
        return given is not None and hmac.compare_digest(given.encode(), self.token.encode())

    def is_cookie(self, given: str | None) -> bool:
        """Compares in constant time."""
        return given is not None and hmac.compare_digest(given.encode(), self.cookie.encode())


def _bracketed(name: str) -> str:
    return f"[{name}]" if ":" in name and not name.startswith("[") else name

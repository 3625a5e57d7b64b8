"""What every gateway can be asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal, NamedTuple

Status = Literal["connected", "connecting", "disconnected"]


class GroupListed(NamedTuple):
    """A group the account is in. `named_at`: since when it bears the name, where the gateway says so."""

    jid: str
    name: str | None
    named_at: datetime | None = None


class Qr(NamedTuple):
    """What to scan: the words of the code, or a picture of it as a data URL. `expires_at`: None where nobody says."""

    code: str
    expires_at: datetime | None = None


class SessionState(NamedTuple):
    """How the gateway stands with WhatsApp; number (digits) and name where it says them. `told`: in its own word."""

    status: Status
    number: str | None = None
    name: str | None = None
    told: str = ""


class MessageKey(NamedTuple):
    """Which message: chat and stanza, and in a group who sent it, under the JID it came with (None where unknown)."""

    chat: str
    stanza: str
    from_me: bool = False
    participant: str | None = None


@dataclass(frozen=True)
class Address:
    """Where a file of the gateway lies, and what has to be sent along to get it."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class Gateway(ABC):
    """One gateway and one session of it. Every method may raise `GatewayError`."""

    kind: ClassVar[str]

    @abstractmethod
    def groups(self) -> list[GroupListed]:
        """Every group, in as few requests as the gateway allows."""

    @abstractmethod
    def session(self) -> SessionState:
        """How the session stands at this moment."""

    @abstractmethod
    def qr(self) -> Qr:
        """A fresh QR code. Raises `GatewayHasNoQr` where there is none."""

    def media(self, url: str) -> Address | None:
        """Where to fetch a file that a message names, if it lies on the gateway itself; None if it does not.

        Only the path is taken from the message. The host is always the one of WA_GATEWAY_URL: a message cannot send
        the key anywhere else, and a gateway that knows itself as `localhost` is reached all the same.
        """
        return None

    def resend(self, message: MessageKey) -> Address | bytes | None:
        """The file of a message once more, decrypted: where it lies then, or its bytes; None if it gives neither.

        The gateway asks the phone for it where WhatsApp has it no more, so this can take a while. Raises
        `GatewayHasNoFile` where it says that it does not have the message.
        """
        return None

    @abstractmethod
    def close(self) -> None: ...

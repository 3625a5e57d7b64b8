"""One helper seals every secret that lies in the database: Google tokens, session credentials, media keys."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from wa_pipeline.errors import BadSealingKey, SealedWithoutKey
from wa_pipeline.settings import Settings

KEY_FILE = "sealing.keys"


class Sealer:
    """Seals with the first of its keys and opens with any of them (Fernet: AES-128-CBC and HMAC-SHA256)."""

    def __init__(
        self,
        keys: Iterable[str],
        *,
        source: str = "WA_SECRET_KEYS",
        file: KeyFile | None = None,
    ) -> None:
        """`file` is read again when a value does not open, because a rotation elsewhere may have added a key.

        Raises `BadSealingKey`, which never repeats the key.
        """
        self._source = source
        self._file = file
        self._fernet = _fernet(keys, source)

    @classmethod
    def from_settings(cls, settings: Settings) -> Sealer:
        """The sealer of this installation: WA_SECRET_KEYS (comma separated), else the key file, made if absent."""
        if settings.secret_keys is not None:
            return cls(_listed(settings.secret_keys.get_secret_value().replace(",", "\n")))
        file = KeyFile(settings.secrets_folder / KEY_FILE)
        return cls(file.keys(), source=str(file.path), file=file)

    def seal(self, secret: str | bytes) -> str:
        """The secret as a printable token; two calls never give the same one."""
        return self._fernet.encrypt(secret.encode() if isinstance(secret, str) else secret).decode()

    def open(self, sealed: str) -> bytes:
        """What `seal` was given. Raises `SealedWithoutKey` where no key fits or the token was altered."""
        token = sealed.encode("ascii", errors="replace")
        with suppress(InvalidToken):
            return self._fernet.decrypt(token)
        if self._file and self._file.path.exists():
            self._fernet = _fernet(self._file.keys(), self._source)
            with suppress(InvalidToken):
                return self._fernet.decrypt(token)
        raise SealedWithoutKey(what="A sealed value", source=self._source)

    def can_open(self, sealed: str) -> bool:
        """Whether `open` would succeed."""
        try:
            self.open(sealed)
        except SealedWithoutKey:
            return False
        return True

    def rotate(self, sealed: str) -> str:
        """The same secret sealed with the first key. Raises `SealedWithoutKey`."""
        return self.seal(self.open(sealed))

    @property
    def source(self) -> str:
        """Where the keys come from, for messages."""
        return self._source

    def __repr__(self) -> str:
        return f"Sealer(source={self._source!r})"


class KeyFile:
    """A file of keys, one a line, the first seals; mode 0600 in a directory of mode 0700, made at first use."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def keys(self) -> list[str]:
        """The keys; a file that is not there is made with one key. Two processes that start together agree on it."""
        if not self.path.exists():
            self._put([new_key()], replace=False)
        return _listed(self.path.read_text("ascii", errors="replace"))

    def add_first(self) -> None:
        """Puts a fresh key before the others, which go on opening what they sealed."""
        self._put([new_key(), *self.keys()], replace=True)

    def keep_first(self) -> None:
        """Forgets all keys but the first: only after every sealed row was rotated and every process restarted."""
        self._put(self.keys()[:1], replace=True)

    def _put(self, keys: list[str], *, replace: bool) -> None:
        """Writes the whole file at once, so that a crash or another process never sees half of it."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="ascii") as out:
                out.write("\n".join(keys) + "\n")
                out.flush()
                os.fsync(out.fileno())
            if replace:
                os.replace(name, self.path)
            else:
                with suppress(FileExistsError):
                    os.link(name, self.path)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(name)


def new_key() -> str:
    """A fresh key, as WA_SECRET_KEYS takes it."""
    return Fernet.generate_key().decode()


def _listed(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _fernet(keys: Iterable[str], source: str) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except (ValueError, TypeError):
        raise BadSealingKey(source=source) from None

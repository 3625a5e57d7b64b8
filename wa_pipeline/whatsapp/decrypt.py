"""WhatsApp's encrypted media: HKDF-SHA256 for the keys, AES-256-CBC for the bytes, HMAC-SHA256 for the truth.

A file is its ciphertext followed by the first ten bytes of HMAC-SHA256(iv + ciphertext). Decrypted in pieces, so that
two gigabytes take no more memory than two kilobytes; what was written is to be thrown away when the end does not hold.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.padding import PKCS7

_INFO: Final = {
    "image": b"WhatsApp Image Keys",
    "sticker": b"WhatsApp Image Keys",
    "video": b"WhatsApp Video Keys",
    "audio": b"WhatsApp Audio Keys",
    "document": b"WhatsApp Document Keys",
}
_MAC: Final = 10
_BLOCK: Final = 16


class DecryptFailed(Exception):
    """Why a file is not what was sent; `args[0]` is a clause for people."""


class Writes(Protocol):
    """Something bytes are written to."""

    def write(self, data: bytes, /) -> object: ...


class MediaKeys(NamedTuple):
    """What a media key of 32 bytes is made into."""

    iv: bytes
    cipher: bytes
    mac: bytes


def media_keys(media_key: bytes, media_type: str) -> MediaKeys:
    """The three keys of a file. Raises `DecryptFailed` for a key that is none, or a type nobody knows."""
    info = _INFO.get(media_type)
    if info is None or len(media_key) != 32:
        raise DecryptFailed("its key is none of WhatsApp's")
    made = HKDF(hashes.SHA256(), length=112, salt=None, info=info).derive(media_key)
    return MediaKeys(made[:16], made[16:48], made[48:80])


def decrypt(pieces: Iterable[bytes], keys: MediaKeys, out: Writes, *, enc_sha256: str | None = None) -> None:
    """Decrypt a file given in pieces into `out`. `enc_sha256`: hash of the whole encrypted file, where it is known.

    Raises `DecryptFailed`: cut off, altered or under another key. Nothing written before may then be used.
    """
    whole, mac = hashlib.sha256(), hmac.new(keys.mac, keys.iv, hashlib.sha256)
    decryptor = Cipher(algorithms.AES(keys.cipher), modes.CBC(keys.iv)).decryptor()
    unpadder = PKCS7(_BLOCK * 8).unpadder()
    held, size = b"", 0
    for piece in pieces:
        whole.update(piece)
        held += piece
        ready = max(0, (len(held) - _MAC) // _BLOCK * _BLOCK)
        if ready:
            mac.update(held[:ready])
            out.write(unpadder.update(decryptor.update(held[:ready])))
            size += ready
            held = held[ready:]
    if not size or len(held) != _MAC:
        raise DecryptFailed("it is cut off")
    if not hmac.compare_digest(mac.digest()[:_MAC], held):
        raise DecryptFailed("it was altered, cut off, or encrypted with another key")
    if enc_sha256 is not None and whole.hexdigest() != enc_sha256:
        raise DecryptFailed("it is not the file that was announced")
    try:
        out.write(unpadder.update(decryptor.finalize()) + unpadder.finalize())
    except ValueError:
        raise DecryptFailed("its end does not hold") from None

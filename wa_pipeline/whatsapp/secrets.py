"""What a stored payload must not hold: keys, addresses that give access, tokens, pictures nobody asked for."""

from __future__ import annotations

from typing import Final

from wa_pipeline.whatsapp.baileys.values import data
from wa_pipeline.whatsapp.history import INLINE, UNPACKED, UnreadableHistory, unpack_history

_ALWAYS: Final = frozenset(
    [
        "mediaKey", "directPath", "fileEncSha256", "messageSecret", "jpegThumbnail", "thumbnailDirectPath",
        "thumbnailEncSha256", "apikey", "apiKey", "token", "accessToken",
        "mediaKeyDomain", "base64", "creds", "staticUrl", "scansSidecar", "streamingSidecar", "thumbnail",
        "pngThumbnail", "qr", "mediaUrl",
        # The same as Go and as the browser write them.
        "fileEncSHA256", "JPEGThumbnail", "thumbnailEncSHA256", "encFilehash", "deprecatedMms3Url", "staticURL",
    ]
)  # fmt: skip
# Of a file: its address, and what the browser keeps there as a small picture.
_BESIDE_A_KEY: Final = frozenset({"url", "URL", "body"})
_KEYED: Final = frozenset({"mediaKey", "directPath", "fileEncSha256", "fileEncSHA256", "mimetype"})
# A worker's credentials, as an event of their own or among others.
CREDENTIALS: Final = "creds.update"
_DEEPEST: Final = 400
_SUSPECT: Final = _ALWAYS | _KEYED | {CREDENTIALS, INLINE}


def without_secrets(value: object) -> tuple[object, bool]:
    """The value without its secrets, and whether there were any; the value itself is left as it is."""
    return _clean(value, 0) if _suspicious(value) else (value, False)


def _suspicious(value: object) -> bool:
    """Whether it has to be gone through; most payloads are words alone, and looking builds nothing."""
    level = [value]
    for _ in range(_DEEPEST):
        below: list[object] = []
        for each in level:
            if isinstance(each, dict):
                if not _SUSPECT.isdisjoint(each) or each.get("event") == CREDENTIALS:
                    return True
                below += each.values()
            elif isinstance(each, list):
                below += each
        if not below:
            return False
        level = below
    return True


def _clean(value: object, depth: int) -> tuple[object, bool]:
    if isinstance(value, dict):
        return _clean_map(value, depth)
    if isinstance(value, list):
        if depth > _DEEPEST:
            return [], True
        items = [_clean(item, depth + 1) for item in value]
        secret = any(found for _, found in items)
        return ([item for item, _ in items], True) if secret else (value, False)
    return value, False


def _clean_map(value: dict[str, object], depth: int) -> tuple[object, bool]:
    if depth > _DEEPEST:
        return {}, True
    keyed = not _KEYED.isdisjoint(value)
    kept: dict[str, object] = {}
    secret = False
    own = value.get("event") == CREDENTIALS
    for key, inner in value.items():
        if (key == CREDENTIALS or (own and key == "data")) and inner:
            # Emptied rather than taken out, so that the body still says what it was.
            kept[key], secret = {}, True
        elif key == INLINE:
            kept |= _unpacked(inner)
            secret = True
        elif key in _ALWAYS or (keyed and key in _BESIDE_A_KEY):
            secret = True
        elif isinstance(inner, (dict, list)):
            kept[key], found = _clean(inner, depth + 1)
            secret = secret or found
        else:
            kept[key] = inner
    return (kept, True) if secret else (value, False)


def _unpacked(packed: object) -> dict[str, object]:
    """A history as it may be kept, to be read again by a replay; nothing where nobody can read it."""
    try:
        history = unpack_history(data(packed) or b"")
    except UnreadableHistory:
        return {}
    return {UNPACKED: without_secrets(history)[0]}

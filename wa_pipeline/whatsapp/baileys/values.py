"""Values as Baileys' events are written down: bytes in four spellings, 64-bit numbers in three, enums in two."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

_MILLISECONDS: Final = 10**11
_LAST: Final = 253_402_300_799
"""The end of the year 9999, beyond which there are no dates to give."""


def mapping(value: object) -> Mapping[str, object]:
    """The value where it is a map, an empty one where it is anything else."""
    return value if isinstance(value, dict) else {}


def listed(value: object) -> list[object]:
    """The value where it is a list, an empty one where it is anything else."""
    return value if isinstance(value, list) else []


def text(value: object) -> str | None:
    """A string that says something."""
    return value if isinstance(value, str) and value else None


def number(value: object) -> int | None:
    """A number, a string of digits, or `{low, high, unsigned}`."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value == value and abs(value) < 2**63 else None
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            return None
    if isinstance(value, dict):
        low, high = value.get("low"), value.get("high")
        if isinstance(low, int) and isinstance(high, int):
            whole = (high << 32) | (low & 0xFFFFFFFF)
            return whole & 0xFFFFFFFFFFFFFFFF if value.get("unsigned") else whole
    return None


def real(value: object) -> float | None:
    """A finite number with a fraction."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value or abs(value) == float("inf"):
        return None
    return float(value)


def data(value: object) -> bytes | None:
    """Bytes: base64; `{"type": "Buffer", "data": base64 or array}`; an array; a map with numeric keys."""
    if isinstance(value, dict):
        if "data" in value:
            return data(value["data"])
        if value and all(isinstance(key, str) and key.isdecimal() for key in value):
            return data([value[key] for key in sorted(value, key=int)])
        return None
    if isinstance(value, list):
        if all(isinstance(byte, int) and 0 <= byte <= 255 for byte in value):
            return bytes(value)
        return None
    if isinstance(value, str) and value:
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return None
    return None


def enum(value: object, names: Mapping[str, int]) -> int | None:
    """An enum as its number, whether it is written as number or name."""
    if isinstance(value, str) and value in names:
        return names[value]
    return number(value)


def moment(value: object) -> datetime | None:
    """Seconds since 1970, or milliseconds where seconds would lie thousands of years ahead; None for no such time."""
    seconds = number(value)
    if seconds is None or seconds <= 0:
        return None
    whole, thousandths = divmod(seconds, 1000) if seconds > _MILLISECONDS else (seconds, 0)
    if whole > _LAST:
        return None
    return datetime.fromtimestamp(whole, UTC).replace(microsecond=thousandths * 1000)

"""One call to Supabase Storage, repeated while its failure may pass, then told in one sentence."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import httpx
from storage3.exceptions import StorageApiError

from wa_pipeline.errors import StoreError
from wa_pipeline.storage.failures import (
    Place,
    not_storage,
    refusal_of,
    store_error,
    transport_error,
)

T = TypeVar("T")

CONFLICT = 409


class Duplicate(Exception):
    """What was to be made is there already."""


@dataclass(frozen=True)
class Backoff:
    """How often a call is made before its failure counts, and the first pause in seconds; each later one doubles."""

    attempts: int = 4
    first_s: float = 0.5

    def pauses(self) -> Iterator[float]:
        """Seconds to wait after each attempt but the last, spread so that many processes do not beat as one."""
        for attempt in range(self.attempts - 1):
            yield self.first_s * 2**attempt * random.uniform(0.75, 1.25)


def call(action: Callable[[], T], place: Place, backoff: Backoff) -> T:
    """The result of `action`, which must be safe to repeat. Raises `Duplicate` or a `StoreError`.

    No exception of the client library goes further, nor as a cause: their requests carry the key, their messages
    signed links.
    """
    pauses = backoff.pauses()
    while True:
        asked_s = 0.0
        try:
            return action()
        except StorageApiError as error:
            refusal = refusal_of(error)
            if refusal.status == CONFLICT:
                raise Duplicate from None
            failure, asked_s = store_error(refusal, place), refusal.retry_after_s
        except httpx.HTTPError as error:
            failure = transport_error(error, place)
        except StoreError as error:
            failure = error
        except (ValueError, KeyError, TypeError):
            failure = not_storage(place)
        pause = next(pauses, None)
        if pause is None or not failure.transient:
            raise failure
        time.sleep(max(pause, asked_s))

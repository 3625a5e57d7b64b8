"""One extractor for the whole room, as a run has one: its workers load their engines once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from wa_pipeline.extract import Extractor


@pytest.fixture(scope="session")
def extractor() -> Iterator[Extractor]:
    with Extractor() as one:
        yield one

"""An archive to import into, and exports written line by line."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from wa_pipeline.settings import Settings
from wa_pipeline.steps.bucket import ensure_bucket
from wa_pipeline.steps.context import Context, open_context
from wa_pipeline.steps.exports import ImportReport, import_export, register_export

Importer = Callable[..., ImportReport]
Writer = Callable[..., Path]


@pytest.fixture
def ctx(database_url: str, wa_home: Path) -> Iterator[Context]:
    with open_context(Settings(database_url=database_url, home=wa_home)) as context:
        ensure_bucket(context)
        yield context


@pytest.fixture
def write_export(tmp_path: Path) -> Writer:
    """`write_export(lines, title="Garden", media={name: bytes}, name=None)`: a .zip as WhatsApp names it."""
    made = 0

    def write(
        lines: str, *, title: str = "Garden", media: Mapping[str, bytes] | None = None, name: str | None = None
    ) -> Path:
        nonlocal made
        made += 1
        folder = tmp_path / f"export {made}"
        folder.mkdir()
        path = folder / (name or f"WhatsApp Chat with {title}.zip")
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"WhatsApp Chat with {title}.txt", lines)
            for member, data in (media or {}).items():
                archive.writestr(member, data)
        return path

    return write


@pytest.fixture
def take_in(ctx: Context, write_export: Writer) -> Importer:
    """Write an export and import it: `take_in(lines, tz="UTC", group=None, date_order=None, **as write_export)`."""

    def take(
        lines: str, *, tz: str = "UTC", group: str | None = None, date_order: str | None = None, **how: object
    ) -> ImportReport:
        key = register_export(ctx, write_export(lines, **how), tz=tz, group=group, date_order=date_order)
        return import_export(ctx, key)

    return take

"""All objects below a prefix, out of a listing that shows one folder at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from wa_pipeline.storage.interface import StoredObject

# One answer of Storage: files have an id and metadata, folders have neither.
Page = list[dict[str, Any]]
Pages = Callable[[str], Iterator[Page]]

THREADS = 8


def everything(pages: Pages, prefix: str) -> Iterator[StoredObject]:
    """Objects whose key begins with `prefix`. `pages(folder)` gives the listing of a folder (`""` or `a/b/`).

    There is a folder, hence a request, for each sha256: several are under way at once.
    """
    above = prefix[: prefix.rfind("/") + 1]
    with ThreadPoolExecutor(THREADS, thread_name_prefix="media-list") as threads:
        for page in pages(above):
            files, folders = _split(page, above)
            yield from (file for file in files if file.key.startswith(prefix))
            inner = [folder for folder in folders if folder.startswith(prefix)]
            for found in threads.map(lambda folder: list(_below(pages, folder)), inner):
                yield from found


def _below(pages: Pages, folder: str) -> Iterator[StoredObject]:
    for page in pages(folder):
        files, folders = _split(page, folder)
        yield from files
        for inner in folders:
            yield from _below(pages, inner)


def _split(page: Page, folder: str) -> tuple[list[StoredObject], list[str]]:
    files = [entry for entry in page if entry["id"] is not None]
    folders = [f"{folder}{entry['name']}/" for entry in page if entry["id"] is None]
    return [StoredObject(folder + entry["name"], int(entry["metadata"]["size"])) for entry in files], folders

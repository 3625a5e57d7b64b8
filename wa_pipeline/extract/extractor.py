"""The way in: files to probes and texts, by workers that are started when needed and gone when closed."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from wa_pipeline.extract.crew import Crew
from wa_pipeline.extract.identify import by_name, identify
from wa_pipeline.extract.messages import Config, Item, Job
from wa_pipeline.extract.results import Failure, Limits, OcrName, Probe, Step, Text
from wa_pipeline.extract.scratch import Scratch

_PROBES_TOGETHER = 64
_VOICE_NOTES_TOGETHER = 8


class Extractor:
    """Probes, OCR and speech, each by worker processes of its own. A context manager; `close` ends all of them.

    ocr: which engines read pictures. languages: what Tesseract reads, by its codes (`eng+deu`). model: what
    WA_ASR_MODEL says, None for the installed package. speech_languages: ISO 639-1 codes that detection may choose from,
    empty for any. workers: OCR processes (default: one a core); speech runs in one process with as many threads. Calls
    may come from several threads; each that comes while another of its kind is under way has workers of its own.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        ocr: OcrName = "cascade",
        languages: str = "eng+deu",
        model: str | None = None,
        speech_languages: Sequence[str] = (),
        workers: int | None = None,
    ) -> None:
        self._limits = limits or Limits()
        self._ocr = ocr
        self._languages = languages
        self._model = model
        self._speech_languages = tuple(speech_languages)
        self._workers = workers or cores()
        self._scratch: Scratch | None = None
        self._crews: dict[Job, Crew] = {}
        self._opening = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends every worker and removes the temporary files; the extractor may be used again afterwards."""
        for crew in self._crews.values():
            crew.close()
        self._crews.clear()
        if self._scratch is not None:
            self._scratch.close()
            self._scratch = None

    def pids(self) -> list[int]:
        """Process ids of the workers that wait for work."""
        return [pid for crew in self._crews.values() for pid in crew.pids()]

    @property
    def scratch(self) -> Path | None:
        """The folder for temporary files, while there is one."""
        return self._scratch.folder if self._scratch else None

    def probe(self, path: Path, name: str | None = None) -> Probe:
        """What the file is. `name`: what it was called, for when the content says nothing. Never fails on a file."""
        return self.probe_many([(path, name)])[0]

    def probe_many(self, files: Sequence[tuple[Path, str | None]]) -> list[Probe]:
        """`probe` for many files, in their order."""
        probes: list[Probe | None] = [None] * len(files)
        items = []
        for index, (path, name) in enumerate(files):
            wrong = _unusable(path)
            if wrong:
                probes[index] = Probe(*by_name(name or path.name), 0, note=wrong)
            else:
                items.append(Item(index, path.absolute(), name or path.name))
        for index, value in self._crew("probe").run(items, _PROBES_TOGETHER):
            path, name = files[index]
            probes[index] = value if isinstance(value, Probe) else _unprobed(path, name, value)
        return [probe for probe in probes if probe is not None]

    def read(
        self,
        step: Step,
        items: Iterable[tuple[str, Path, str]],
        progress: Callable[[str], None] | None = None,
        *,
        expected: Mapping[str, str] | None = None,
    ) -> Iterator[tuple[str, Text | Failure]]:
        """(id, outcome) for every (id, file, MIME type), as they get done, not in their order.

        `items` may be an endless generator that fetches its files: a few are drawn ahead while the workers are busy,
        and each may be deleted once its outcome is here. `expected`, by id: the language (ISO 639-1) speech is likely
        to be in, taken unless another is plainly heard; the script (ISO 15924) a picture is likely to be in, which adds
        a language that Tesseract has data for. `progress(id)` is called when work on a file begins and while it goes
        on, so that leases can be renewed. `EngineMissing` when this machine has no engine for the step. Leaving the
        iteration early kills what is running.
        """
        names: dict[int, str] = {}
        refused: deque[tuple[str, Failure]] = deque()

        def usable() -> Iterator[Item]:
            for index, (name, path, mime) in enumerate(items):
                wrong = _unusable(path) or _too_large(path, self._limits)
                if wrong:
                    refused.append((name, Failure(wrong, 0)))
                else:
                    names[index] = name
                    language = (expected or {}).get(name)
                    # Latin letters are what every engine reads without being told.
                    yield Item(index, path.absolute(), mime, None if language == "Latn" else language)

        batch = self._limits.batch if step == "ocr" else _VOICE_NOTES_TOGETHER

        def report(index: int) -> None:
            if progress is not None and index in names:
                progress(names[index])

        for index, value in self._crew(step).run(usable(), batch, report):
            assert not isinstance(value, Probe)
            while refused:
                yield refused.popleft()
            yield names.pop(index), value
        yield from refused

    def _crew(self, job: Job) -> Crew:
        with self._opening:
            if job not in self._crews:
                if self._scratch is None:
                    self._scratch = Scratch()
                config = Config(
                    job=job,
                    limits=self._limits,
                    languages=self._languages,
                    model=self._model,
                    speech_languages=self._speech_languages,
                    threads=cores(),
                    temp=str(self._scratch.folder),
                    ocr=self._ocr,
                )
                self._crews[job] = Crew(config, self._workers if job == "ocr" else 1)
            return self._crews[job]


def cores() -> int:
    """Processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _unusable(path: Path) -> str | None:
    """Why a path is not a file that can be read; opening a pipe or a device would hang."""
    if path.is_file():
        return None
    return "it is not a file" if path.exists() else "the file is missing"


def _too_large(path: Path, limits: Limits) -> str | None:
    size = path.stat().st_size
    if not size:
        return "the file is empty"
    return f"the file is larger than {limits.file_bytes >> 20} MiB" if size > limits.file_bytes else None


def _unprobed(path: Path, name: str | None, value: Text | Failure) -> Probe:
    """What can be said of a file that its prober did not survive."""
    reason = value.reason if isinstance(value, Failure) else "it could not be probed"
    try:
        mime, ext = identify(path, name)
        return Probe(mime, ext, path.stat().st_size, note=reason)
    except OSError:
        return Probe(*by_name(name or path.name), 0, note=reason)

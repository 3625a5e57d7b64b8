"""`wa search-index`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import click

from wa_pipeline.archive import search_index as index
from wa_pipeline.commands.opening import reading, writing
from wa_pipeline.commands.output import end_progress, print_json, progress_line


@click.group("search-index")
def search_index() -> None:
    """The index of the search: kept by itself, looked after here."""


@search_index.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def verify(as_json: bool) -> None:
    """Compare each row with its message; change nothing. Exit code 1: they differ."""
    with reading() as ctx, ctx.connect() as conn:
        state, sizes = index.state(conn), index.sizes(conn)
    if as_json:
        print_json({"ok": state.ok, **asdict(state), "bytes": sizes})
    else:
        click.echo(", ".join(f"{count:,} {name}" for name, count in asdict(state).items()))
        for name, size in sizes.items():
            click.echo(f"{size / 1e6:10.1f} MB  {name}")
        click.echo("the index is true" if state.ok else "`wa search-index rebuild` puts it right")
    if not state.ok:
        raise SystemExit(1)


@search_index.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def fill(as_json: bool) -> None:
    """Put what waits in the backlog into the index.

    Imports do it, and `wa up`; searches find it there already.
    """
    _show(_run(rebuild=False), as_json)


@search_index.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def rebuild(as_json: bool) -> None:
    """Put right what differs, and build the indexes anew. Searches go on meanwhile."""
    _show(_run(rebuild=True), as_json)


def _run(*, rebuild: bool) -> Mapping[str, object]:
    from wa_pipeline.recorded import run_job

    config = {"ops": {"search_index": {"config": {"rebuild": rebuild}}}}
    with writing() as ctx:
        try:
            run = run_job(ctx, "index_messages", run_config=config, progress=progress_line("index"))
        finally:
            end_progress()
    return {name: run.metadata["search_index"][name] for name in ("indexed", "repaired", "seconds")}


def _show(report: Mapping[str, object], as_json: bool) -> None:
    if as_json:
        print_json(report)
    else:
        click.echo(f"{report['indexed']} put into the index, {report['repaired']} put right, {report['seconds']} s")

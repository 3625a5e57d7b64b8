"""`wa demo`."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import click

from wa_pipeline.archive import blocks, export_chats, groups, inbox
from wa_pipeline.archive.search import SearchQuery
from wa_pipeline.archive.search import search as find
from wa_pipeline.commands.enrich import run_enrichment
from wa_pipeline.commands.import_ import import_one
from wa_pipeline.commands.opening import writing
from wa_pipeline.demo import expected, live_sample, sample_exports
from wa_pipeline.errors import ArchiveInUse
from wa_pipeline.steps.context import Context

VIA = {"text": "written", "ocr_text": "only in a picture or document", "asr_text": "only spoken"}


@click.command()
@click.option("--no-serve", is_flag=True, help="Stop when it is done, instead of serving Dagster and the console.")
@click.option("--anyway", is_flag=True, help="Add the sample chats to an archive that holds chats of yours.")
def demo(no_serve: bool, anyway: bool) -> None:
    """Import the sample archive, deliver its live messages, read its media, show what can be found."""
    began = time.monotonic()
    with writing() as ctx:
        _refuse_foreign(ctx, anyway)
        _import_samples(ctx)
        _take_live_sample(ctx)
        _enrich(ctx)
        missed = _show_hits(ctx) + _show_replies(ctx)
        accepted = _accept(ctx)
        click.echo(f"done in {time.monotonic() - began:.0f} s")
    if missed or not accepted:
        raise SystemExit(1)
    if no_serve:
        click.echo("Try: ./wa search wheelbarrow     See it all: ./wa up")
        return
    from wa_pipeline.commands.up import up

    up.main(args=[], prog_name="wa up", standalone_mode=False)


def _refuse_foreign(ctx: Context, anyway: bool) -> None:
    if ctx.kind != "external" or anyway:
        return
    with ctx.connect() as conn:
        if export_chats.foreign_chats(conn, [export["chat"] for export in expected()["exports"]]):
            raise ArchiveInUse


def _import_samples(ctx: Context) -> None:
    from wa_pipeline.recorded import run_job

    run_job(ctx, "migrate")
    with ctx.connect() as conn:
        for entry in expected()["block_senders"]:
            blocks.block_sender(conn, entry["sender"], entry["reason"])
    totals = {"messages": 0, "inserted": 0, "duplicates": 0, "media": 0}
    began = time.monotonic()
    for sample in sample_exports():
        report = import_one(ctx, sample.path, {"tz": sample.tz})
        for name in totals:
            value = report[name]
            assert isinstance(value, int)
            totals[name] += value
    click.echo(
        f"imported {len(sample_exports())} exports in {time.monotonic() - began:.1f} s: {totals['messages']} messages "
        f"read, {totals['inserted']} inserted, {totals['duplicates']} already there, {totals['media']} media"
    )


def _take_live_sample(ctx: Context) -> None:
    """Deliver a group's messages as a worker would, out of order and some of them twice, and interpret them."""
    from wa_pipeline.recorded import run_job

    sample = live_sample()
    lines = sample.path.read_bytes().splitlines()
    with ctx.connect() as conn:
        groups.ensure_groups(conn, [sample.group_id])
        groups.set_monitor(conn, sample.group_id, True)
        landed = inbox.land(conn, [inbox.Arrival("baileys", line) for line in lines])
    told = run_job(ctx, "ingest", partition_key=datetime.now(UTC).date().isoformat()).metadata["messages"]
    click.echo(f"switched on the group {sample.expected['group']['name']!r}, as `wa groups monitor` does")
    click.echo(
        f"delivered {len(lines)} live events, {landed.duplicates} of them there already: {told['messages']} messages "
        f"inserted; edits {told['edits']}, deletions {told['deletes']}, reactions {told['reactions']}"
    )


def _enrich(ctx: Context) -> None:
    click.echo("reading pictures and listening to voice notes …")
    report = run_enrichment(ctx)
    pictures, speech = report["ocr"], report["asr"]
    assert isinstance(pictures, dict)
    assert isinstance(speech, dict)
    failed = pictures["failed"] + speech["failed"]
    click.echo(
        f"read {pictures['done']} pictures and documents, {speech['done']} recordings in {report['seconds']} s"
        + (f", {failed} failed (`./wa failures` says why)" if failed else "")
    )


def _show_hits(ctx: Context) -> int:
    """Look for each of the sample's words; how many were not where they should be."""
    missed = 0
    with ctx.connect() as conn:
        for hit in expected()["hits"]:
            items = find(conn, SearchQuery(q=hit["word"])).items
            found = next((item for item in items if item.match and item.match.field == hit["field"]), None)
            if found is None or found.match is None:
                missed += 1
                click.echo(f"  {hit['word']!r}: not found", err=True)
            else:
                place = found.group.name if found.group else found.chat_id
                click.echo(f"  {hit['word']!r} ({VIA[hit['field']]}): {place} · {found.sender}: {found.match.snippet}")
    return missed


def _show_replies(ctx: Context) -> int:
    """Look for words of the live messages; how many are not there, or do not answer what they should."""
    missed = 0
    with ctx.connect() as conn:
        for hit in live_sample().expected["hits"]:
            items = find(conn, SearchQuery(q=hit["word"])).items
            found = next((item for item in items if item.text == hit["text"]), None)
            if found is None or (found.parent_id is None) != (hit["answers"] is None):
                missed += 1
                click.echo(f"  {hit['word']!r}: not found", err=True)
            else:
                how = "live, a reply" if found.parent_id else "live, as edited"
                place = found.group.name if found.group else found.chat_id
                click.echo(f"  {hit['word']!r} ({how}): {place} · {found.sender}: {found.text}")
    return missed


def _accept(ctx: Context) -> bool:
    from wa_pipeline.commands.acceptance import run_acceptance
    from wa_pipeline.recorded import run_job

    run_job(ctx, "verify")
    result = run_acceptance(ctx)
    click.echo(f"acceptance {result.passed}/{result.total}")
    return result.passed == result.total

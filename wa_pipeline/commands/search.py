"""`wa search`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import click

from wa_pipeline.archive.search import BadQuery, Match, MessageItem, SearchQuery
from wa_pipeline.archive.search_names import Named
from wa_pipeline.archive.search_terms import MODES, Mode
from wa_pipeline.commands.opening import reading
from wa_pipeline.commands.output import print_json
from wa_pipeline.steps.context import Context

WHERE = {"text": "text", "ocr_text": "picture or document", "asr_text": "voice"}


@click.command()
@click.argument("term", required=False, default="")
@click.option("--chat", "chat_id", help="Only this chat (its chat_id).")
@click.option("--group", "group_id", type=click.UUID, help="Only this group (its id).")
@click.option("--group-name", help="Only groups whose name, at some time, holds this.")
@click.option("--sender", help="Only this sender: an address, a phone number or a name.")
@click.option("--kind", type=click.Choice(["text", "image", "video", "audio", "doc", "other"]))
@click.option("--since", help="From this time on, e.g. 2024-03-01 or 2024-03-01T12:00:00Z.")
@click.option("--until", help="Before this time.")
@click.option("--media/--no-media", "has_media", default=None, help="Only messages with media, or without.")
@click.option("--mode", type=click.Choice(MODES), default=MODES[0], show_default=True, help="How TERM is read.")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True)
@click.option("--cursor", help="Where to go on (next_cursor or prev_cursor of a page).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def search(
    term: str,
    chat_id: str | None,
    group_id: UUID | None,
    group_name: str | None,
    sender: str | None,
    kind: str | None,
    since: str | None,
    until: str | None,
    has_media: bool | None,
    mode: Mode,
    limit: int,
    cursor: str | None,
    as_json: bool,
) -> None:
    """Search messages, words in pictures and documents, and spoken words; newest first.

    TERM is found as it stands, in any case, inside words too; "…" within it is a phrase, -word what must not be there.
    With --mode words each word of it is found by itself, with typo also if a letter of it is wrong. Without TERM: all.
    """
    query = SearchQuery(
        term or None, chat_id, group_id, sender, kind, _time(since), _time(until), limit, cursor,
        group_name=group_name, has_media=has_media, mode=mode,
    )  # fmt: skip
    with reading() as ctx:
        if as_json:
            _print_json(ctx, query)
            return
        from wa_pipeline.archive.search import search as find
        from wa_pipeline.archive.search_names import read_names

        with ctx.connect() as conn:
            page = find(conn, query, read_names(conn) if term else None)
    for line in _meant(page.named):
        click.echo(line, err=True)
    for item in page.items:
        _show(item)
    if not page.items:
        click.echo("Nothing found.", err=True)
    elif page.next_cursor:
        click.echo(f"More: --cursor {page.next_cursor}", err=True)


def _time(value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise BadQuery(reason=f"{value!r} is not a time such as 2024-03-01 or 2024-03-01T12:00:00Z") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _print_json(ctx: Context, query: SearchQuery) -> None:
    """The page as the API gives it, signed links included."""
    from contextlib import closing

    from wa_pipeline.archive.db import open_pool
    from wa_pipeline.console.reading import Reader

    with closing(open_pool(ctx.archive_url, size=1)) as pool:
        print_json(Reader(pool, ctx.store, ctx.settings.signed_url_ttl).messages(query).model_dump(mode="json"))


def _meant(named: Named | None) -> Iterator[str]:
    """What to type for the messages of each person and group of this name."""
    if named:
        term = f" {shlex.quote(named.rest)}" if named.rest else ""
        for group in named.groups:
            yield f"In the group {group.name}: wa search{term} --group {group.id}"
        for person in named.people:
            yield f"From {person.name or person.sender}: wa search{term} --sender {shlex.quote(person.sender)}"


def _why(match: Match) -> str:
    at = f" at {int(match.at_s) // 60}:{int(match.at_s) % 60:02}" if match.at_s is not None else ""
    return WHERE[match.field] + at


def _show(item: MessageItem) -> None:
    place = item.group.name if item.group else item.chat_id
    found = item.match.snippet if item.match else (item.text or f"[{item.kind}]")
    via = f" [{_why(item.match)}]" if item.match and item.match.field != "text" else ""
    click.echo(
        f"{item.ts.astimezone(UTC):%Y-%m-%d %H:%M}  {place} · {item.sender or '–'}{via}: {' '.join(found.split())}"
    )

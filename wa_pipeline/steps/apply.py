"""What a batch of deliveries says, applied: people first, then messages, then what is said about them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields

import psycopg

from wa_pipeline.archive import groups, media_fetch
from wa_pipeline.archive.groups import NameChange
from wa_pipeline.archive.inbox import Settled
from wa_pipeline.archive.live import changes, messages, people, texts
from wa_pipeline.archive.live.messages import Told
from wa_pipeline.archive.media_fetch import FetchWanted
from wa_pipeline.steps.context import Context
from wa_pipeline.steps.meet import meet_messages
from wa_pipeline.steps.reading import Reading
from wa_pipeline.steps.scope import NOT_MONITORED, Scope, know_groups
from wa_pipeline.steps.session import apply_sessions
from wa_pipeline.steps.telling import plausible, sender_of, telling_of
from wa_pipeline.whatsapp.events import Event, EventMedia
from wa_pipeline.whatsapp.jids import is_lid, kind_of_jid, wa_msg_id

WORDLESS_EDIT = "edit without words"


@dataclass
class Counts:
    """What deliveries came to. `rows`: they themselves; `messages`: rows added; `changed`: rows corrected;
    `duplicates`: messages that were there as told; `linked`: rows of exports that were found to be live messages;
    `failed`: deliveries nobody can read."""

    rows: int = 0
    messages: int = 0
    changed: int = 0
    duplicates: int = 0
    edits: int = 0
    deletes: int = 0
    reactions: int = 0
    groups: int = 0
    aliases: int = 0
    media: int = 0
    linked: int = 0
    waiting: int = 0
    failed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def add(self, other: Counts) -> None:
        for counted in fields(Counts):
            setattr(self, counted.name, getattr(self, counted.name) + getattr(other, counted.name))


@dataclass
class Applied(Counts):
    """A batch's counts, and what became of each of its rows."""

    settled: list[Settled] = field(default_factory=list)


def apply(
    conn: psycopg.Connection,
    ctx: Context,
    scope: Scope,
    rows: Sequence[Reading],
    *,
    meanwhile: Callable[[], object] = lambda: None,
) -> Applied:
    """Apply what deliveries say, in the caller's transaction. `meanwhile` is called while the database is at its
    longest statement; it must not use `conn`."""
    found = Applied(rows=len(rows), settled=[row.settled for row in rows])
    for skip in (skip for row in rows for skip in row.skips):
        found.skipped[skip.reason] += skip.times
    know_groups(conn, scope, (event.chat_id for row in rows for event in row.events if event.chat_id))
    _let_in(rows, scope, found)
    phones, changed = _learn_people(conn, rows, found)
    tellings, media = _tellings(rows, scope, phones)
    merged = messages.merge(conn, list(tellings.values()), meanwhile=meanwhile)
    found.messages, found.changed = merged
    told = sum(event.event in ("message", "undecryptable") for row in rows for event in row.accepted)
    changed |= set(tellings)
    found.duplicates = max(0, told - merged.added - merged.changed)
    found.media = _queue_files(conn, ctx, tellings, media)
    changed |= _change_messages(conn, rows, phones, set(tellings), found)
    found.linked = meet_messages(conn, changed).linked
    _name_groups(conn, rows, found)
    apply_sessions(conn, ctx, ((event, row.delivery.received_at) for row in rows for event in row.accepted))
    for row in rows:
        _settle(row)
        found.waiting += row.settled.state == "waiting"
        found.failed += row.settled.state == "dead"
    return found


def _let_in(rows: Sequence[Reading], scope: Scope, found: Applied) -> None:
    """Sort out what the scope refuses; what is about people, names and the session is always let in."""
    for row in rows:
        for event in row.events:
            if event.event in ("alias", "session", "group", "participants"):
                row.accepted.append(event)
                continue
            refusal = scope.refusal(event)
            if refusal is None:
                row.accepted.append(event)
                continue
            found.skipped[refusal] += 1
            row.settled.reason = row.settled.reason or refusal
            if refusal == NOT_MONITORED and event.chat_id:
                row.settled.held_for.add(event.chat_id)


def _learn_people(conn: psycopg.Connection, rows: Sequence[Reading], found: Applied) -> tuple[dict[str, str], set[str]]:
    """Learn aliases; the phone JIDs of all LIDs that speak in the batch, and messages whose sender became another."""
    pairs: dict[str, dict[str, str]] = defaultdict(dict)
    lids: set[str] = set()
    for row in rows:
        for event in row.accepted:
            if event.event == "alias" and event.sender and event.sender_alt:
                known = pairs[row.delivery.source]
                known[event.sender] = max(event.sender_alt, known.get(event.sender, ""))
            elif event.sender and is_lid(event.sender):
                lids.add(event.sender)
    renamed: set[str] = set()
    for source, known in pairs.items():
        learnt = people.learn(conn, known, source)
        found.aliases += learnt.aliases
        renamed |= learnt.messages
    return people.phones_of(conn, lids) if lids else {}, renamed


def _tellings(
    rows: Sequence[Reading], scope: Scope, phones: dict[str, str]
) -> tuple[dict[str, Told], dict[str, tuple[str, EventMedia]]]:
    """The best telling of each message of the batch, and the files that come with them (source and file)."""
    best: dict[str, Told] = {}
    files: dict[str, tuple[str, EventMedia]] = {}
    for row in rows:
        for event in row.accepted:
            if event.event not in ("message", "undecryptable"):
                continue
            telling = telling_of(event, scope.group_id(event.chat_id or ""), phones, row.delivery.received_at)
            before = best.get(telling.wa_msg_id)
            if before is None or (telling.rank, before.ts) > (before.rank, telling.ts):
                best[telling.wa_msg_id] = telling
            if event.media and (event.media.fetch or event.media.inline is not None):
                files[telling.wa_msg_id] = (event.source, event.media)
    return best, files


def _queue_files(
    conn: psycopg.Connection, ctx: Context, tellings: dict[str, Told], files: dict[str, tuple[str, EventMedia]]
) -> int:
    """Queue the downloads of files that are not in the archive yet; how many."""
    missing = messages.without_media(conn, list(files)) if files else {}
    wants = [
        FetchWanted(missing[name], source, media.sha256, media.mime, media.size, media.fetch, media.inline)
        for name, (source, media) in files.items()
        if name in missing and name in tellings
    ]
    if wants:
        media_fetch.queue(conn, ctx.sealer, wants)
    return len(wants)


def _change_messages(
    conn: psycopg.Connection, rows: Sequence[Reading], phones: dict[str, str], told: set[str], found: Applied
) -> set[str]:
    """Edits, deletions and reactions; what is about a message that is not there waits for it. Returns the messages
    edits and deletions are about."""
    about = {_target(event) for row in rows for event in row.accepted if event.event in ("edit", "delete")}
    there = messages.there(conn, sorted(about - told)) | (about & told) if about else set()
    edits: list[texts.Edit] = []
    deletions: list[changes.Deletion] = []
    reactions: list[changes.Reaction] = []
    for row in rows:
        for event in row.accepted:
            ts = plausible(event.ts, row.delivery.received_at)
            if event.event in ("edit", "delete") and _target(event) not in there:
                row.settled.waits_for.add(_target(event))
            elif event.event == "edit" and event.text is not None:
                edits.append(texts.Edit(_target(event), event.text, ts, event.source))
            elif event.event == "edit":
                found.skipped[WORDLESS_EDIT] += 1
            elif event.event == "delete":
                deletions.append(changes.Deletion(_target(event), ts))
            elif event.event == "reaction" and event.chat_id:
                sender = sender_of(event, phones)
                reactions.append(changes.Reaction(event.chat_id, _target(event), sender, event.text or "", ts))
    found.edits = texts.edit(conn, edits) if edits else 0
    found.deletes = changes.delete(conn, deletions) if deletions else 0
    found.reactions = changes.react(conn, reactions) if reactions else 0
    return about & there


def _target(event: Event) -> str:
    return wa_msg_id(event.chat_id or "", event.target_stanza_id or "")


def _name_groups(conn: psycopg.Connection, rows: Sequence[Reading], found: Applied) -> None:
    """Names of groups; one told without its time holds from its arrival on."""
    named: dict[tuple[str, str], set[NameChange]] = defaultdict(set)
    for row in rows:
        for event in row.accepted:
            if event.event == "group" and event.chat_id and event.name and kind_of_jid(event.chat_id) == "group":
                at = plausible(event.ts, row.delivery.received_at) or row.delivery.received_at
                named[event.chat_id, event.source].add(NameChange(at, None, event.name))
    for (chat, source), names in sorted(named.items()):
        found.groups += groups.record_names(conn, chat, sorted(names, key=lambda name: (name.at, name.new)), source)


def _settle(row: Reading) -> None:
    settled = row.settled
    if settled.state == "dead":
        return
    if settled.held_for:
        # Not interpreted yet: when its group is switched on, its files are fetched by the keys it came with.
        settled.payload = None
    if settled.waits_for:
        settled.state, settled.reason = "waiting", "its message is not there yet"
    elif row.accepted or not row.events:
        settled.state = "done" if row.accepted else settled.state
    else:
        settled.state = "skipped"

"""How pages are made: templates, the policy they are served under, and the words for numbers and times."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, urlsplit

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from wa_pipeline.archive.search_terms import MODES, BadQuery, parse
from wa_pipeline.console.models import Match
from wa_pipeline.settings import Settings

HERE = Path(__file__).parent.parent
SHOWN_CHARS = 4000
"""Longer texts are cut on a page; a link leads to the whole."""


class Pages:
    """Renders templates for one console."""

    def __init__(self, settings: Settings) -> None:
        self._policy = policy(settings)
        self._environment = _environment(settings)
        self.dagster = settings.dagster_link
        self._environment.globals["dagster"] = self.dagster

    def page(self, name: str, status: int = 200, **values: object) -> HTMLResponse:
        """A page, or the part of one, under the console's policy."""
        html = self._environment.get_template(name).render(values)
        return HTMLResponse(html, status, headers={"content-security-policy": self._policy})


def policy(settings: Settings) -> str:
    """Nothing from elsewhere but media from Supabase where it is used; no script or style inside a page."""
    parts = urlsplit(settings.supabase_url or "")
    media = f"'self' {parts.scheme}://{parts.netloc}" if parts.netloc else "'self'"
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src {media}; "
        f"media-src {media}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _environment(settings: Settings) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    own = settings.console_url
    # A page reached as localhost must not ask 127.0.0.1 for its pictures: to a browser that is another site.
    environment.filters["link"] = lambda url: url.removeprefix(own)
    environment.filters["marked"] = marked
    environment.filters["hit"] = hit
    environment.filters["size"] = size
    environment.filters["sort"] = sort_of
    environment.filters["moment"] = moment
    environment.filters["clock"] = clock
    environment.filters["address"] = lambda text: quote(str(text), safe="")
    environment.filters["person"] = person
    environment.filters["number"] = lambda count: f"{count:,}"
    environment.globals["asset"] = asset
    environment.globals["shown_chars"] = SHOWN_CHARS
    return environment


@lru_cache
def asset(name: str) -> str:
    """The address of a static file; it changes with the content, so that browsers may keep it."""
    digest = sha256((HERE / "static" / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


def marked(text: str, terms: Sequence[str]) -> Markup:
    """The text as HTML, every occurrence of a term in `<mark>`."""
    wanted = "|".join(re.escape(term) for term in sorted(set(terms), key=len, reverse=True) if term)
    pieces = re.split(f"({wanted})", text, flags=re.IGNORECASE) if wanted else [text]
    return Markup("").join(
        Markup("<mark>{}</mark>").format(piece) if at % 2 else escape(piece) for at, piece in enumerate(pieces)
    )


def terms_of(typed: str, mode: str = "") -> list[str]:
    """What of a search is to be marked: all it asks for, nothing of what it leaves out."""
    try:
        return [piece.text for piece in parse(typed, next((each for each in MODES if each == mode), MODES[0])).pieces]
    except BadQuery:
        return []


def hit(match: Match | None, terms: Sequence[str]) -> list[str]:
    """The terms as a message has them: where a word was found in spite of a typo, that word."""
    if match is None:
        return []
    return [*terms, *(match.snippet[begin:end] for begin, end in match.marks)]


def size(count: int) -> str:
    """Bytes in words."""
    if count < 1000:
        return f"{count} bytes"
    for unit, factor in (("KB", 1e3), ("MB", 1e6), ("GB", 1e9)):
        if count < factor * 1000 or unit == "GB":
            return f"{count / factor:.0f} {unit}" if unit == "KB" else f"{count / factor:.1f} {unit}"
    return ""


SORTS = {
    "application/pdf": "PDF document",
    "application/msword": "Word document",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Spreadsheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "Presentation",
    "application/zip": "Zip archive",
    "image/svg+xml": "SVG drawing",
    "text/calendar": "Calendar",
    "text/csv": "Table",
    "text/html": "Web page",
    "text/plain": "Text file",
    "text/vcard": "Contact card",
    "text/x-vcard": "Contact card",
}


def sort_of(mime: str) -> str:
    """What a file is, for people; its type as it is where there is no word for it."""
    kinds = {"image": "Picture", "audio": "Recording", "video": "Film"}
    return SORTS.get(mime) or kinds.get(mime.partition("/")[0]) or mime


def moment(at: datetime | date | str | None) -> str:
    """A time for people, in UTC; the page's script shows the reader's own zone."""
    if at is None:
        return "never"
    if isinstance(at, str):
        try:
            return moment(datetime.fromisoformat(at))
        except ValueError:
            return at
    if isinstance(at, datetime):
        return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    return at.isoformat()


def clock(seconds: float) -> str:
    """0:07, 1:02:03."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def person(sender: str, name: str | None = None) -> str:
    """Who is meant: the name they gave, else the number of their JID, else what is stored."""
    if name:
        return name
    if sender.endswith("@s.whatsapp.net"):
        return f"+{sender.partition('@')[0]}"
    return sender or "WhatsApp"

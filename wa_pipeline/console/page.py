"""The search page: one form, its hits with their pictures and sound. Rendered here, without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from wa_pipeline.archive.search import BadCursor, BadQuery
from wa_pipeline.console.api import reader_of
from wa_pipeline.console.models import MessagePage
from wa_pipeline.console.parameters import KINDS, search_query
from wa_pipeline.console.reading import Reader
from wa_pipeline.errors import BadParameter
from wa_pipeline.settings import Settings

HERE = Path(__file__).parent
STATIC = {"console.css": "text/css", "icon.svg": "image/svg+xml"}
FIELDS = ("q", "chat_id", "sender", "kind", "since", "until")


def pages(settings: Settings) -> APIRouter:
    """`/` and the files it is made of."""
    router = APIRouter(include_in_schema=False)
    template = _environment(settings).get_template("search.html")
    policy = _policy(settings)

    @router.get("/")
    def search_page(request: Request, reader: Annotated[Reader, Depends(reader_of)]) -> HTMLResponse:
        asked = {name: request.query_params.get(name, "").strip() for name in FIELDS}
        found, problem = MessagePage(items=[], next_cursor=None), None
        try:
            found = reader.messages(search_query(**asked, cursor=request.query_params.get("cursor")))
        except (BadParameter, BadQuery, BadCursor) as error:
            problem = str(error)
        html = template.render(
            asked=asked, kinds=KINDS, page=found, problem=problem, older=_older(asked, found.next_cursor)
        )
        return HTMLResponse(html, 400 if problem else 200, headers={"content-security-policy": policy})

    @router.get("/static/{name}")
    def static(name: str) -> FileResponse:
        if name not in STATIC:
            raise HTTPException(404)
        headers = {"cache-control": "private, max-age=300"}
        return FileResponse(HERE / "static" / name, media_type=STATIC[name], headers=headers)

    return router


def _policy(settings: Settings) -> str:
    """Nothing from elsewhere, no script at all; media from ourselves and, where it is used, from Supabase."""
    parts = urlsplit(settings.supabase_url or "")
    media = f"'self' {parts.scheme}://{parts.netloc}" if parts.netloc else "'self'"
    return (
        f"default-src 'none'; style-src 'self'; img-src {media}; media-src {media}; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _environment(settings: Settings) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    own = settings.console_url
    # A page reached as localhost must not ask 127.0.0.1 for its pictures: to a browser that is another site.
    environment.filters["link"] = lambda url: url.removeprefix(own)
    environment.filters["marked"] = marked
    environment.filters["size"] = size
    return environment


def marked(text: str, term: str) -> Markup:
    """The text as HTML, every occurrence of the term in `<mark>`."""
    if not term:
        return escape(text)
    pieces = re.split(f"({re.escape(term)})", text, flags=re.IGNORECASE)
    return Markup("").join(
        Markup("<mark>{}</mark>").format(piece) if at % 2 else escape(piece) for at, piece in enumerate(pieces)
    )


def size(count: int) -> str:
    """Bytes in words."""
    if count < 1000:
        return f"{count} bytes"
    if count < 1_000_000:
        return f"{count / 1000:.0f} KB"
    return f"{count / 1_000_000:.1f} MB"


def _older(asked: Mapping[str, str], cursor: str | None) -> str | None:
    if cursor is None:
        return None
    return "/?" + urlencode({**{name: value for name, value in asked.items() if value}, "cursor": cursor})

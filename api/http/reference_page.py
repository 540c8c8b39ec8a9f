"""A page at ``/docs`` that lists every operation: made from the OpenAPI document, without scripts or other servers."""

from __future__ import annotations

from html import escape
from typing import Any, Final

from fastapi import FastAPI
from starlette.responses import HTMLResponse

PATH: Final = "/docs"
_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code{font-size:.95em}h2{margin:1.6rem 0 .2rem;font-size:1.05rem}p{margin:.2rem 0;white-space:pre-line}"
    "ul{margin:.2rem 0 .2rem 1.2rem;padding:0}"
)
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def install_reference_page(app: FastAPI) -> None:
    """Answer ``/docs``."""

    @app.get(PATH, include_in_schema=False)
    def get_reference() -> HTMLResponse:
        return HTMLResponse(_page(app.openapi()), headers={"Content-Security-Policy": _POLICY})


def _page(document: dict[str, Any]) -> str:
    title = escape(document["info"]["title"])
    sections = [
        _operation(method, path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
        f"<h1>{title} {escape(document['info']['version'])}</h1><p>{escape(document['info']['description'])}</p>"
        f'<p>The machine-readable description is at <a href="/openapi.json">/openapi.json</a>.</p>{"".join(sections)}'
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    parameters = "".join(
        f"<li><code>{escape(each['name'])}</code> ({escape(each['in'])}"
        f"{', required' if each.get('required') else ''}) {escape(each.get('description', ''))}</li>"
        for each in operation.get("parameters", ())
    )
    answers = "".join(
        f"<li>{escape(status)} {escape(answer['description'])}</li>"
        for status, answer in sorted(operation["responses"].items())
    )
    return (
        f"<h2><code>{escape(method.upper())} {escape(path)}</code></h2>"
        f"<p>{escape(operation.get('description', ''))}</p><ul>{parameters}</ul><p>Answers</p><ul>{answers}</ul>"
    )

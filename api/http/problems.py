"""Errors as problem documents (RFC 9457): the body, its place in OpenAPI, and the handlers."""

from __future__ import annotations

import logging
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import compile_path

from api.errors import RequestError, StoreUnreadable
from collectors.errors import PriceBookError, StoreError

PROBLEM_TYPE: Final = "urn:workload-placement:problem:"
MEDIA_TYPE: Final = "application/problem+json"
_LOG = logging.getLogger(__name__)


class FieldFault(BaseModel):
    """One fault of a request: where it stands and what was expected there."""

    location: str
    detail: str


class Problem(BaseModel):
    """A problem document. Some problems carry further members, named after the facts that they state."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldFault] | None = None


class ProblemResponse(JSONResponse):
    """A problem document as an answer."""

    media_type = MEDIA_TYPE


def problem_response(
    request: Request, *, status: int, slug: str, title: str, detail: str, headers: dict[str, str] | None = None,
    **facts: Any,
) -> ProblemResponse:  # fmt: skip
    """The answer that states a problem."""
    body = {
        "type": PROBLEM_TYPE + slug, "title": title, "status": status, "detail": detail, "instance": request.url.path,
    }  # fmt: skip
    return ProblemResponse({**body, **facts}, status_code=status, headers=headers)


def problems(*errors: type[RequestError]) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of an endpoint: one entry a status, naming every problem that it can mean."""
    schema = {"$ref": "#/components/schemas/Problem"}
    by_status: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        known = by_status.get(error.status)
        description = f"{known['description']}; {error.title.lower()}" if known else error.title
        by_status[error.status] = {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}
    return by_status


def install_handlers(app: FastAPI) -> None:
    """Make every error of the app a problem document."""
    app.add_exception_handler(RequestError, _on_request_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    for unreadable in (OperationalError, StoreError, PriceBookError):
        app.add_exception_handler(unreadable, _on_unreadable)
    app.add_exception_handler(Exception, _on_unexpected)


async def _on_request_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestError):
        raise error
    return problem_response(
        request, status=error.status, slug=error.slug, title=error.title, detail=error.detail, headers=error.headers,
        **error.facts,
    )  # fmt: skip


async def _on_validation_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    # Values are not repeated: a client may have sent a secret in the wrong place.
    faults = [
        {"location": ".".join(str(part) for part in fault["loc"]), "detail": str(fault["msg"])}
        for fault in error.errors()
    ]
    detail = f"{faults[0]['location']}: {faults[0]['detail']}" if faults else "the request is not valid"
    return problem_response(
        request, status=422, slug="invalid-request", title="The request cannot be meant", detail=detail, errors=faults
    )


async def _on_http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    titles = {
        400: ("bad-request", "The request cannot be read"),
        404: ("unknown-path", "There is nothing at this path"),
        405: ("method-not-allowed", "The path does not take this method"),
        413: ("body-too-large", "The request body is too large"),
    }
    slug, title = titles.get(error.status_code, (f"http-{error.status_code}", "The request was refused"))
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_methods_of_path(request))
    return problem_response(
        request, status=error.status_code, slug=slug, title=title, detail=str(error.detail), headers=headers
    )


def _methods_of_path(request: Request) -> list[str]:
    """Methods that the path takes: the framework would name those of one route only."""
    paths: dict[str, dict[str, Any]] = request.app.openapi()["paths"]
    found = {
        method.upper()
        for template, operations in paths.items()
        if compile_path(template)[0].match(request.url.path)
        for method in operations
    }
    return sorted(found or {"GET"})


async def _on_unreadable(request: Request, error: Exception) -> Response:
    _LOG.error("stored state cannot be read: %s", error)
    return problem_response(
        request, status=StoreUnreadable.status, slug=StoreUnreadable.slug, title=StoreUnreadable.title,
        detail="the stored state cannot be read now; see the service's log and try again", headers={"Retry-After": "5"},
    )  # fmt: skip


async def _on_unexpected(request: Request, error: Exception) -> Response:
    return problem_response(
        request, status=500, slug="unexpected", title="The service failed",
        detail=f"an unexpected {type(error).__name__} happened; it is in the service's log",
    )  # fmt: skip

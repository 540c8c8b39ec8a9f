"""Errors of the service. The HTTP status of each stands here and nowhere else.

ServiceError
├── InvalidSettings            an environment variable that cannot be meant
├── DatabaseUnusable           the database cannot be opened or migrated
├── SchedulerMisuse            a schedule that cannot be meant
├── UnverifiedAnswer           a plan that the checker did not confirm: never stored
├── AttemptLost                a worker's attempt was taken over; what it found is not published
└── RequestError               an answer to a client, as problem+json (RFC 9457)
    ├── InvalidCursor          400  a page cursor that this list did not give out
    ├── UnknownHost            400  a Host header that this service does not answer to
    ├── KeyRequired            401  the API key is missing or wrong
    ├── UnknownEstate          404
    ├── UnknownRun             404
    ├── UnknownRecommendation  404
    ├── UnknownService         404  a service or place that has no prices
    ├── AnswerNotAvailable     409  the run has no such answer (yet)
    ├── RunFinished            409  a finished run cannot be cancelled
    ├── DecisionNotAllowed     409  the recommendation's state does not allow the decision
    ├── StaleVersion           412  If-Match names an older version
    ├── BodyTooLarge           413
    ├── InvalidRequest         422  the request is well-formed and cannot be meant
    ├── KeyReused              422  an Idempotency-Key that came with another body
    ├── VersionRequired        428  a change without If-Match
    └── StoreUnreadable        503  the ingest store or the database cannot be read now
"""

from __future__ import annotations

from typing import Any, ClassVar


class ServiceError(Exception):
    """Root of every error raised by this package."""


class InvalidSettings(ServiceError):
    """An environment variable that cannot be meant; ``variable`` names it."""

    def __init__(self, message: str, *, variable: str) -> None:
        super().__init__(f"{variable}: {message}")
        self.variable = variable


class DatabaseUnusable(ServiceError):
    """The database cannot be opened or migrated; ``url`` has no password in it."""

    def __init__(self, message: str, *, url: str) -> None:
        super().__init__(f"database {url}: {message}")
        self.url = url


class SchedulerMisuse(ServiceError):
    """A schedule that cannot be meant."""


class UnverifiedAnswer(ServiceError):
    """A plan that the independent checker did not confirm; ``run_id`` found it."""

    def __init__(self, *, run_id: str) -> None:
        super().__init__(f"run {run_id}: the plan is not verified; only verified plans are stored")
        self.run_id = run_id


class AttemptLost(ServiceError):
    """An attempt whose lease went to another worker, or whose run was cancelled; nothing of it is published."""

    def __init__(self, *, run_id: str, attempt: int) -> None:
        super().__init__(f"run {run_id}: attempt {attempt} is no longer the current one; its result is not published")
        self.run_id = run_id
        self.attempt = attempt


class RequestError(ServiceError):
    """An answer to a client. ``facts`` become members of the problem document beside ``detail``."""

    status: ClassVar[int]
    slug: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, detail: str, *, headers: dict[str, str] | None = None, **facts: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = headers or {}
        self.facts = facts


class InvalidCursor(RequestError):
    """A page cursor that this list, with these filters, did not give out."""

    status, slug, title = 400, "invalid-cursor", "The cursor does not belong to this list"


class UnknownHost(RequestError):
    """A Host header that this service does not answer to."""

    status, slug, title = 400, "unknown-host", "This service does not answer to that host name"


class KeyRequired(RequestError):
    """The API key is missing or wrong."""

    status, slug, title = 401, "key-required", "An API key is required"


class UnknownEstate(RequestError):
    """No estate has that id."""

    status, slug, title = 404, "unknown-estate", "There is no such estate"


class UnknownRun(RequestError):
    """No run has that id."""

    status, slug, title = 404, "unknown-run", "There is no such run"


class UnknownRecommendation(RequestError):
    """No recommendation has that id."""

    status, slug, title = 404, "unknown-recommendation", "There is no such recommendation"


class UnknownService(RequestError):
    """The price book knows no such service or place."""

    status, slug, title = 404, "unknown-service", "There are no prices under that name"


class AnswerNotAvailable(RequestError):
    """The run has no such answer: it is not finished, or it ended without a plan."""

    status, slug, title = 409, "answer-not-available", "The run has no such answer"


class RunFinished(RequestError):
    """A finished run cannot be cancelled."""

    status, slug, title = 409, "run-finished", "The run is already finished"


class DecisionNotAllowed(RequestError):
    """The state of the recommendation does not allow the decision."""

    status, slug, title = 409, "decision-not-allowed", "The recommendation's state does not allow this decision"


class StaleVersion(RequestError):
    """If-Match names another version than the current one."""

    status, slug, title = 412, "stale-version", "The recommendation has changed since it was read"


class BodyTooLarge(RequestError):
    """The body is longer than this service accepts."""

    status, slug, title = 413, "body-too-large", "The request body is too large"


class InvalidRequest(RequestError):
    """The request is well-formed and cannot be meant; ``errors`` in its facts lists every fault."""

    status, slug, title = 422, "invalid-request", "The request cannot be meant"


class KeyReused(RequestError):
    """An Idempotency-Key that came before with another body."""

    status, slug, title = 422, "idempotency-key-reused", "The Idempotency-Key belongs to another request"


class VersionRequired(RequestError):
    """A change that does not say which version it changes."""

    status, slug, title = 428, "version-required", "If-Match is required"


class StoreUnreadable(RequestError):
    """The ingest store or the database cannot be read now."""

    status, slug, title = 503, "store-unreadable", "The stored state cannot be read now"

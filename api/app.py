"""The HTTP application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version

from fastapi import APIRouter, Depends, FastAPI

from api.clock import Clock, utc_now
from api.database.engine import Database
from api.database.migrate import upgrade_database
from api.decisions.endpoints import router as decisions
from api.dependencies import Services
from api.errors import KeyRequired
from api.estates.endpoints import router as estates
from api.forecasts.endpoints import router as forecasts
from api.health.endpoints import router as health
from api.http.body_limit import BodyLimit
from api.http.openapi import install_openapi
from api.http.problems import install_handlers, problems
from api.http.reference_page import install_reference_page
from api.http.security import NeedsHost, NeedsKey
from api.lineage.endpoints import router as lineage
from api.prices.endpoints import router as prices
from api.recommendations.endpoints import router as recommendations
from api.recommendations.of_runs import router as run_recommendations
from api.runs.endpoints import router as runs
from api.settings import Settings

DESCRIPTION = (
    "Orders runs of the placement optimizer and serves their answers: recommendations with what they save and what "
    "they rest on, the ledger, the price of every rule, forecasts, and the review of each recommendation. Amounts are "
    "decimal strings in USD. Errors are problem documents (RFC 9457)."
)
NOUNS = (estates, runs, run_recommendations, recommendations, decisions, forecasts, prices)


def create_app(settings: Settings, *, clock: Clock = utc_now) -> FastAPI:
    """The application over one data directory and one database; migrations run when it starts.

    Raises:
        DatabaseUnusable: (when it starts) the database cannot be opened or migrated.
    """
    database = Database(settings.resolved_database_url)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        upgrade_database(database)
        yield
        database.close()

    app = FastAPI(
        title="Workload placement",
        version=_version(),
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # the framework's pages load scripts from elsewhere; ours is in api.http.reference_page
        redoc_url=None,
        dependencies=[Depends(NeedsHost(settings.allowed_hosts))],
        generate_unique_id_function=lambda route: route.name,
    )
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes)
    app.state.services = Services(database=database, settings=settings, clock=clock)
    key = [Depends(NeedsKey(settings.api_key))] if settings.api_key else []
    refused = problems(KeyRequired) if settings.api_key else {}
    v1 = APIRouter(prefix="/v1", dependencies=key, responses=refused)
    for noun in NOUNS:
        v1.include_router(noun)
    app.include_router(v1)
    app.include_router(lineage, prefix="/api/v1", dependencies=key, responses=refused)  # the path of OpenLineage
    app.include_router(health)
    install_handlers(app)
    install_openapi(app)
    install_reference_page(app)
    return app


def _version() -> str:
    try:
        return version("workload-placement")
    except PackageNotFoundError:
        return "0"

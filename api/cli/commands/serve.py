"""``placement serve``: the API with its workers."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.common import DataDirectory, settings_for


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; loopback unless you mean otherwise.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    data_directory: DataDirectory = None,
) -> None:
    """Serve the API (documentation at /docs) and work on the runs that it takes."""
    from api.collecting import collect_before_run
    from api.jobs.main import serve as serve_until_stopped
    from api.pipeline import run_pipeline

    settings = settings_for(data_directory)
    settings.data_directory.mkdir(parents=True, exist_ok=True)
    typer.echo(f"http://{host}:{port}/docs  (data in {settings.data_directory})")
    serve_until_stopped(settings, pipeline=run_pipeline, collect=collect_before_run, host=host, port=port)

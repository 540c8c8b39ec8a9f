"""The server as a process of its own: ``python -m tests.jobs.serving FOLDER PORT``."""

from __future__ import annotations

import sys
from pathlib import Path

from api.jobs.main import serve
from api.pipeline import run_pipeline
from api.settings import Settings

if __name__ == "__main__":
    folder, port = sys.argv[1:]
    serve(Settings(data_directory=Path(folder), poll_seconds=0.1), pipeline=run_pipeline, port=int(port))

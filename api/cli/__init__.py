"""The console script ``placement``: every command is a small module that asks the packages and shows the answer."""

from api.cli.app import main

__all__ = ["main"]

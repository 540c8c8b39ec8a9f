"""Progress of long work, a line at a time on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable

from optimizer.solve.limits import Progress


def progress_on_terminal() -> Callable[[str], None] | None:
    """Prints what is going on to standard error where a person watches; None elsewhere."""
    if not sys.stderr.isatty():
        return None
    return lambda words: print(f"  {words}", file=sys.stderr)


def show_progress(progress: Progress) -> None:
    """One line about how far a solve has come."""
    figures = ""
    if progress.best_micro_usd is not None:
        figures += f", best {progress.best_micro_usd / 10**6:,.2f} USD a month"
    if progress.lower_bound_micro_usd is not None:
        figures += f", bound {progress.lower_bound_micro_usd / 10**6:,.2f}"
    print(f"  {progress.seconds:6.1f} s  {progress.stage}{figures}", file=sys.stderr)

"""Which errors are whose fault, as exit codes, and how they are told."""

from __future__ import annotations

import sys
from typing import Final

DONE: Final = 0
ANSWER_IS_NO: Final = 1
BAD_INPUT: Final = 2
PROVIDER_FAILED: Final = 3


def exit_code_of(error: BaseException) -> int | None:
    """The exit code of an error that a person can act on; None for a defect of the program."""
    from api.errors import DatabaseUnusable, ServiceError, StoreUnreadable
    from collectors.errors import CollectorError, ProviderError, StoreError, TotalsDisagree
    from optimizer.errors import OptimizerError
    from scenarios.errors import ScenarioError

    if isinstance(error, StoreError | ProviderError | TotalsDisagree | DatabaseUnusable | StoreUnreadable):
        return PROVIDER_FAILED
    if isinstance(error, OptimizerError | CollectorError | ScenarioError | ServiceError):
        return BAD_INPUT
    if isinstance(error, FileNotFoundError | NotADirectoryError | IsADirectoryError):
        return BAD_INPUT
    return PROVIDER_FAILED if isinstance(error, OSError) else None


def say_failure(error: BaseException) -> None:
    """The error's own sentence on standard error."""
    print(f"placement: {error}", file=sys.stderr)

"""What pydantic found wrong with a document, told with the path of the document."""

from __future__ import annotations

from typing import Final, get_args

from pydantic import ValidationError

from optimizer.exchange.schemas import AnyRuleDocument

LONGEST_SHOWN: Final = 60
_RULES: Final = get_args(get_args(AnyRuleDocument)[0])
RULE_TYPES: Final = frozenset(get_args(kind.model_fields["type"].annotation)[0] for kind in _RULES)


def first_fault(error: ValidationError, *prefix: int | str) -> tuple[str, str]:
    """The first fault as a message and its JSON path; ``prefix`` is where the validated part lies in the document."""
    first = error.errors()[0]
    location = (*prefix, *first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{location[-1]!r} is not a field of the format; remove it or check its spelling", _json_path(location)
    said = first["msg"].removeprefix("Value error, ")
    return f"{said} (found {_short(first['input'])})", _json_path(location)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}..."


def _json_path(location: tuple[int | str, ...]) -> str:
    """``("rules", 3, "capacity", "max")`` as ``$.rules[3].max``.

    The kind of a rule, and the alternative of a union that pydantic tried, are no steps in the document.
    """
    path = "$"
    for position, step in enumerate(location):
        if isinstance(step, int):
            path += f"[{step}]"
        elif not _is_pydantics_own(location, position, step):
            path += f".{step}"
    return path


def _is_pydantics_own(location: tuple[int | str, ...], position: int, step: str) -> bool:
    is_rule_kind = location[0] == "rules" and position == 2 and step in RULE_TYPES
    return is_rule_kind or "constrained-" in step

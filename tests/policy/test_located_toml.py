"""TOML with line numbers: every key and item is found on its line, every mistake is reported, all at once."""

from __future__ import annotations

import tomllib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.domain.located_toml import InvalidTomlFile, locate_toml
from optimizer.domain.toml_lines import Path, lines_of

TEXT = '''# a comment with [brackets] and "quotes"
title = "x" # trailing

[owner]
"quoted key" = 'literal # not a comment'
long = """
two
lines"""
after = 1

[[item]]
name = "one"
places = [
  "a", # first
  [ "b",
    "c" ],
]
[item.inner]
deep.er = { left = 1, right = [2, 3] }
[[item]]
name = "two"
'''


def test_every_key_and_item_has_the_line_it_stands_on() -> None:
    lines = lines_of(TEXT)
    expected: dict[Path, int] = {
        ("title",): 2,
        ("owner",): 4,
        ("owner", "quoted key"): 5,
        ("owner", "long"): 6,
        ("owner", "after"): 9,
        ("item", 0): 11,
        ("item", 0, "places"): 13,
        ("item", 0, "places", 0): 14,
        ("item", 0, "places", 1, 0): 15,
        ("item", 0, "places", 1, 1): 16,
        ("item", 0, "inner"): 18,
        ("item", 0, "inner", "deep", "er", "right", 1): 19,
        ("item", 1): 20,
        ("item", 1, "name"): 21,
    }
    assert {path: lines[path] for path in expected} == expected


def _paths(value: object, path: Path = ()) -> set[Path]:
    found = {path}
    if isinstance(value, dict):
        return found.union(*(_paths(inner, (*path, key)) for key, inner in value.items()))
    if isinstance(value, list):
        return found.union(*(_paths(inner, (*path, at)) for at, inner in enumerate(value)))
    return found


_TEXTS = st.text(alphabet="ab #[]{}=,.'é", max_size=6)
_SCALARS = st.one_of(
    st.integers(-9, 9).map(str),
    _TEXTS.map(lambda text: f'"{text}"'),
    _TEXTS.map(lambda text: f'"""\n{text}\n"""'),
    st.just("true"),
    st.just("1979-05-27T07:32:00Z"),
)
_KEYS = st.sampled_from(["a", "b", '"c.d"', "'e f'", "g-h", r'"\u00e9\""'])


def _inline(items: dict[str, str]) -> str:
    return "{ " + ", ".join(f"{key} = {value}" for key, value in items.items()) + " }"


_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[\n" + "".join(f"  {item}, # x]\n" for item in items) + "]"),
        st.dictionaries(_KEYS, inner, max_size=3).map(_inline),
    ),
    max_leaves=6,
)
_TABLES = st.dictionaries(_KEYS, _VALUES, max_size=3)


@given(plain=_TABLES, listed=st.lists(_TABLES, max_size=3))
def test_the_scan_finds_exactly_the_paths_that_the_parser_finds(
    plain: dict[str, str], listed: list[dict[str, str]]
) -> None:
    text = "\n".join(f"{key} = {value}" for key, value in plain.items())
    for table in listed:
        text += "\n[[list.'of']] # [[no]]\n" + "\n".join(f"{key} = {value}" for key, value in table.items())
    assert set(lines_of(text)) == _paths(tomllib.loads(text))


def test_all_mistakes_of_a_file_are_raised_together_in_line_order() -> None:
    located = locate_toml('n = "x"\nb = -1\nc = ["a", "a", "zeta"]\nextra = 1\n', file="f.toml")
    root = located.root
    root.optional_integer("n", default=None)
    root.optional_decimal("b", default=Decimal(0))
    root.optional_strings("c", ["a", "beta"])
    root.require_str("name")
    root.reject_unknown_keys()
    with pytest.raises(InvalidTomlFile) as caught:
        located.raise_problems()
    problems = caught.value.problems
    assert [(problem.line, problem.key) for problem in problems] == [
        (1, "n"),
        (1, "the file.name"),
        (2, "b"),
        (3, "c"),
        (3, "c"),
        (4, "extra"),
    ]
    assert str(caught.value).count("f.toml, line") == 6
    assert "did you mean 'beta'?" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a = 1\nb = \n", 2, "Invalid value"),
        ("a = 1\n\na = 2\n", 3, "overwrite"),
        ('a = "x\n', 1, "Illegal character"),
        ("a = 1\n[b\n", 2, "']'"),
        ("\n\na = [1,\n", 4, "Invalid value"),
    ],
)
def test_text_that_is_not_toml_is_refused_with_the_line(text: str, line: int, said: str) -> None:
    with pytest.raises(InvalidTomlFile) as caught:
        locate_toml(text, file="f.toml")
    [problem] = caught.value.problems
    assert (problem.file, problem.line) == ("f.toml", line)
    assert said in str(problem)


def test_windows_line_ends_and_a_byte_order_mark_do_not_disturb() -> None:
    located = locate_toml("\ufeff# x\r\n[t]\r\nk = 1.50\r\n", file="f.toml")
    table = located.root.table("t")
    assert table.optional_decimal("k", default=None) == Decimal("1.50")
    assert table.line_of("k") == 3


@pytest.mark.parametrize("written", ["nan", "inf", "true", '"1"', "-0.5", "[1]"])
def test_a_number_is_a_finite_number_in_range(written: str) -> None:
    located = locate_toml(f"\nk = {written}\n", file="f.toml")
    assert located.root.optional_decimal("k", default=Decimal(7)) == 7
    [problem] = located.problems
    assert problem.line == 2
    assert "number of at least 0" in problem.expected

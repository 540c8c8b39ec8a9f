"""FOCUS versions are told apart by their columns."""

from __future__ import annotations

import pytest

from collectors.focus import COLUMNS, VERSIONS, columns_of, detect_version
from collectors.focus.values import ALLOWED_VALUES, CURRENCIES, SUBCATEGORIES
from collectors.focus.versions import missing_mandatory


def test_every_version_has_as_many_columns_as_the_specification_says() -> None:
    assert [len(columns_of(version)) for version in VERSIONS] == [43, 50, 57, 65, 65]


def test_the_allowed_values_are_as_many_as_the_specification_lists() -> None:
    subcategories = sum(len(names) for names in SUBCATEGORIES.values()) + len(SUBCATEGORIES)
    assert (len(SUBCATEGORIES), subcategories) == (19, len(ALLOWED_VALUES["ServiceSubcategory"]))
    assert len(set(ALLOWED_VALUES["ServiceSubcategory"])) == subcategories
    assert {"USD", "EUR", "JPY", "BRL", "INR"} < CURRENCIES
    assert all(len(code) == 3 and code.isupper() for code in CURRENCIES)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_file_with_all_columns_of_a_version_is_that_version(version: str) -> None:
    assert detect_version(columns_of(version)) == version


@pytest.mark.parametrize("version", VERSIONS)
def test_a_file_with_mandatory_columns_only_lacks_none(version: str) -> None:
    assert missing_mandatory(columns_of(version), version) == ()


@pytest.mark.parametrize(
    ("version", "column"),
    [("1.0", "ProviderName"), ("1.2", "PublisherName"), ("1.3", "HostProviderName"), ("1.4", "ServiceProviderName")],
)
def test_the_mandatory_columns_of_a_version_are_missed(version: str, column: str) -> None:
    names = [name for name in columns_of(version) if name != column]
    assert missing_mandatory(names, version) == (column,)


def test_the_columns_are_those_of_1_4_in_alphabetical_order() -> None:
    assert tuple(column.name for column in COLUMNS) == columns_of("1.4")

"""The examples in the docstrings of the explanations and scenarios hold."""

from __future__ import annotations

import doctest
from types import ModuleType

import pytest

from optimizer.explain import apportion, money, placement, sentences
from scenarios import growth


@pytest.mark.parametrize("module", [apportion, money, placement, sentences, growth], ids=lambda module: module.__name__)
def test_examples_in_docstrings_hold(module: ModuleType) -> None:
    namespace = dict(vars(module)) | {"np": getattr(module, "np", None)}
    found = doctest.testmod(module, extraglobs=namespace)
    assert found.attempted > 0
    assert found.failed == 0

"""The examples in the docstrings run, in every module."""

from __future__ import annotations

import doctest
import importlib

import pytest

from microweb.tools.order import READING_ORDER


@pytest.mark.parametrize("name", READING_ORDER)
def test_examples_run(name):
    module = importlib.import_module(f"microweb.{name}" if name else "microweb")
    assert doctest.testmod(module).failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder()
    modules = [importlib.import_module(f"microweb.{name}") for name in READING_ORDER if name]
    examples = [test for module in modules for test in finder.find(module) if test.examples]
    assert len(examples) > 50

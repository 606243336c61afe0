"""The examples in the docstrings run, in every module."""

from __future__ import annotations

import doctest
import importlib

import pytest

from microweb.dev.order import READING_ORDER

from .support import ONE_FILE

MODULES = [""] if ONE_FILE else READING_ORDER


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    module = importlib.import_module(f"microweb.{name}" if name else "microweb")
    # In the single file an exception's module, which its traceback names, is another one.
    flags = doctest.IGNORE_EXCEPTION_DETAIL if ONE_FILE else 0
    assert doctest.testmod(module, optionflags=flags).failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder()
    modules = [importlib.import_module(f"microweb.{name}".rstrip(".")) for name in MODULES]
    examples = [test for module in modules for test in finder.find(module) if test.examples]
    assert len(examples) > 50

"""The suite runs against the package, or against the single file that is made of it.

What is said of the package's own folder, and of the demo in it, holds for the package alone.
"""

from __future__ import annotations

import gc

from .support import ONE_FILE

collect_ignore = ["test_demo.py", "test_package_shape.py"] if ONE_FILE else []


def pytest_collection_finish():
    """Keep what pytest has collected out of every later collection of garbage: of 7,000 tests that
    is most of the memory, and some tests collect often."""
    gc.collect()
    if hasattr(gc, "freeze"):  # Not on PyPy.
        gc.freeze()

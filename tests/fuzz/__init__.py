"""The fuzzer: what no table of cases thought of.

One invariant: any bytes give an answer or the documented error, the same when they come whole and
in pieces, and nothing else ever. `mutate` makes the bytes, `engine` runs a target over them, the
other modules are the targets. ``python3 -m tests.fuzz --minutes 5`` goes on where the short run
of ``test_fuzz`` ends. To add a target, write one function of bytes under ``@target(…)`` and, if
its module is new, import that in `all_targets`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .engine import Target


def all_targets() -> dict[str, Target]:
    """Return the targets of all modules by their names."""
    from . import app_targets, http_targets, template_targets, wire_targets  # noqa: F401
    from .engine import TARGETS

    return TARGETS

"""Starting: what importing a framework costs over bare Python, in time and in memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

RUNS = 15
ROOT = Path(__file__).resolve().parent.parent
IMPORTS = {
    "microweb": "import microweb",
    "Flask": "import flask",
    "Bottle": "import bottle",
    "Falcon": "import falcon",
    "wheezy.web": "import wheezy.http, wheezy.web, wheezy.routing",
}
_MEASURE = """
import sys, time
def resident():
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096
    except OSError:
        return 0
memory, start = resident(), time.perf_counter()
{statement}
print(time.perf_counter() - start, resident() - memory)
"""


def measure_import(statement: str) -> tuple[float, float] | None:
    """Return seconds and bytes that a statement costs in a fresh interpreter, at best; None if it
    fails."""
    # Without its compiled files a package would be measured being compiled.
    environment = {**os.environ}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    results = []
    for _ in range(RUNS):
        code = _MEASURE.format(statement=statement)
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
        if done.returncode:
            return None
        seconds, memory = done.stdout.split()
        results.append((float(seconds), float(memory)))
    return min(row[0] for row in results), min(row[1] for row in results)


def main() -> None:
    """Print what each import costs; the goal is 12 ms and 4 MB."""
    print("\nStarting: an import over bare Python (goal: 12 ms, 4 MB)")
    own: tuple[float, float] | None = None
    for name, statement in IMPORTS.items():
        cost = measure_import(statement)
        if cost is None:
            print(f"  {name:<12} is not installed")
            continue
        own = own or cost
        ratio = f"{cost[0] / own[0]:.1f}×" if name != "microweb" else ""
        print(f"  {name:<12} {cost[0] * 1000:6.1f} ms  {cost[1] / 1e6:5.1f} MB  {ratio}")

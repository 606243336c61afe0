"""``python3 -m tests.fuzz --minutes N --seed S``: the fuzzer, for as long as one likes.

Prints how many cases each target was given, and each finding with how to have it again; the exit
status is 1 when there was one.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import sys
import time

from . import all_targets
from .engine import RESOURCES, Finding, run_target, watched, what_breaks

# What the process may allocate, in bytes, lest a case that grows without end take all there is.
_MOST_MEMORY = 4 << 30
# How many cases of a target that costs 1 are run before the next target's turn.
_ROUND = 256


def main(words: list[str]) -> int:
    """Do what the command line says; return the exit status."""
    targets = all_targets()
    parser = argparse.ArgumentParser(prog="python3 -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="how long (1)")
    parser.add_argument("--seed", default=str(random.randrange(10**6)), help="where chance begins")
    parser.add_argument("--first", type=int, default=0, help="the first case (0)")
    parser.add_argument("--target", action="append", choices=sorted(targets), help="only this one")
    parser.add_argument("--case", help="one case of the target, in hex or as a file, and no other")
    options = parser.parse_args(words)
    chosen = [targets[name] for name in options.target or sorted(targets)]
    if options.case is not None:
        data = read_case(options.case)
        with watched():
            failures = [failure for one in chosen if (failure := what_breaks(one, data))]
        print("\n".join(said for _, said in failures) or "nothing is wrong with it")
        return 1 if failures else 0
    print(f"seed {options.seed}, {options.minutes:g} minutes, Python {sys.version.split()[0]}")
    ends = time.monotonic() + options.minutes * 60
    done = {one.name: options.first for one in chosen}
    seconds = dict.fromkeys(done, 0.0)
    found: dict[str, Finding] = {}
    while time.monotonic() < ends:
        for one in chosen:
            if time.monotonic() > ends:
                break
            count = max(1, _ROUND // one.cost)
            began = time.monotonic()
            for finding in run_target(one, options.seed, done[one.name], count):
                if finding.kind not in found:
                    found[finding.kind] = finding
                    print(finding, flush=True)
            done[one.name] += count
            seconds[one.name] += time.monotonic() - began
    for name, number in sorted(done.items()):
        print(f"{name:24} {number - options.first:9} cases {seconds[name]:7.1f} s")
    print(f"{len(found)} findings")
    return 1 if found else 0


def read_case(text: str) -> bytes:
    """Return the bytes of a case: those of a file, or what the hexadecimal digits say."""
    if not os.path.exists(text):
        return bytes.fromhex(text)
    with open(text, "rb") as file:
        return file.read()


if __name__ == "__main__":
    with contextlib.suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    with RESOURCES:
        status = main(sys.argv[1:])
    sys.exit(status)

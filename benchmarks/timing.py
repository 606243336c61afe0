"""Measuring: the best of several rounds, the contenders taking turns, shown as a table."""

from __future__ import annotations

import gc
import time
from typing import Callable, NamedTuple

ROUNDS = 9
ROUND_SECONDS = 0.05


class Row(NamedTuple):
    """One line of a table: what was measured, the seconds of each contender, and the goal."""

    label: str
    seconds: dict[str, float]
    goal: str = ""


def measure(contenders: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the seconds that one call of each contender takes, at best.

    The contenders take turns, so that a machine that slows down slows all of them; the best round
    counts, because noise only ever adds.
    """
    numbers = {name: _calls_per_round(call) for name, call in contenders.items()}
    best = dict.fromkeys(contenders, float("inf"))
    gc.collect()
    gc.disable()
    try:
        for _ in range(ROUNDS):
            for name, call in contenders.items():
                best[name] = min(best[name], _time_calls(call, numbers[name]))
    finally:
        gc.enable()
    return best


def _time_calls(call: Callable[[], object], number: int) -> float:
    repeat = range(number)
    start = time.perf_counter()
    for _ in repeat:
        call()
    return (time.perf_counter() - start) / number


def _calls_per_round(call: Callable[[], object]) -> int:
    call()
    number = 1
    while True:
        seconds = _time_calls(call, number) * number
        if seconds >= ROUND_SECONDS / 4:
            return max(1, int(number * ROUND_SECONDS / seconds))
        number *= 4


def format_seconds(seconds: float) -> str:
    """Return a duration in the unit that suits it."""
    for factor, unit in ((1e6, "µs"), (1e3, "ms")):
        if seconds * factor < 1000:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds:.3g} s"


def print_table(title: str, rows: list[Row]) -> None:
    """Print a table: microweb's figure, and how many times as long each peer takes."""
    print(f"\n{title}")
    peers: list[str] = []
    for row in rows:
        peers += [name for name in row.seconds if name not in peers and name != "microweb"]
    header = ["", "microweb", *peers, "goal"]
    lines = [header]
    for row in rows:
        own = row.seconds["microweb"]
        cells = [
            f"{format_seconds(row.seconds[peer])} ({row.seconds[peer] / own:.1f}×)"
            if peer in row.seconds
            else "–"
            for peer in peers
        ]
        lines.append([row.label, format_seconds(own), *cells, row.goal])
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    for line in lines:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())

"""Running targets: choosing cases, judging what comes of them, telling how to have it again."""

from __future__ import annotations

import contextlib
import faulthandler
import random
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence

from .mutate import mutate

# Cases that take longer are a hang: the traceback is written and the process ends. So many seconds
# because a busy machine may have none for a process that is nice.
HANG_SECONDS = 300
_BATCH = 64


class Broken(Exception):
    """What a target promises did not hold."""


def require(holds: object, said: str) -> None:
    """Raise `Broken` with what is *said* unless it *holds*; unlike assert also under ``-O``."""
    if not holds:
        raise Broken(said)


class Target:
    """A function of bytes that raises nothing, what makes its inputs and what mutates them.

    *cost* says how much more a case costs than most: so many times fewer are run.
    """

    def __init__(
        self,
        check: Callable[[bytes], None],
        make: Callable[[random.Random], bytes],
        tokens: Sequence[bytes],
        cost: int,
    ) -> None:
        self.name = check.__name__.strip("_")
        self.check, self.make, self.tokens, self.cost = check, make, tokens, cost

    def case(self, seed: object, number: int) -> bytes:
        """Return the input of the case *number*: one in six is left as it was made."""
        dice = random.Random(f"{seed} {self.name} {number}")
        data = self.make(dice)
        return data if dice.random() < 0.16 else mutate(dice, data, self.tokens, self.make(dice))


#: The targets by name, as `target` found them.
TARGETS: dict[str, Target] = {}
#: What targets need more than once and close at the end: servers, folders.
RESOURCES = contextlib.ExitStack()


def target(
    make: Callable[[random.Random], bytes], tokens: Sequence[bytes] = (), cost: int = 1
) -> Callable[[Callable[[bytes], None]], Callable[[bytes], None]]:
    """Make a function of bytes a target; *make* gives it valid input, *tokens* spoil that."""

    def register(check: Callable[[bytes], None]) -> Callable[[bytes], None]:
        made = Target(check, make, tokens, cost)
        TARGETS[made.name] = made
        return check

    return register


class Finding:
    """A case that broke a promise."""

    def __init__(self, target: Target, data: bytes, kind: str, said: str) -> None:
        self.target, self.data, self.kind, self.said = target, data, kind, said

    def __str__(self) -> str:
        case = self.data.hex()
        if len(case) > 400:
            case = f"fuzz-{self.target.name}-{random.Random(self.data).getrandbits(32):08x}.bin"
            with open(case, "wb") as file:
                file.write(self.data)
        return (
            f"{self.target.name}: {self.said}\n  input: {repr(self.data)[:300]}\n"
            f"  again: python3 -m tests.fuzz --target {self.target.name} --case {case}\n"
        )


def what_breaks(target: Target, data: bytes) -> tuple[str, str] | None:
    """Run one case; return the kind of failure and all that is to be said of it, or None."""
    unraised: list[str] = []
    before = sys.unraisablehook
    sys.unraisablehook = lambda hook: unraised.append(repr(hook.exc_value))
    try:
        target.check(data)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        said = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        return f"{type(error).__name__} {place.filename} {place.lineno}", said[-4000:]
    finally:
        sys.unraisablehook = before
    return (unraised[0], f"raised where nobody can catch it: {unraised}") if unraised else None


def shortened(target: Target, data: bytes, kind: str, tries: int = 400) -> bytes:
    """Return a shorter input that breaks the same, found by leaving pieces out."""
    size = max(1, len(data) // 2)
    while size and tries > 0:
        at = 0
        while at < len(data) and tries > 0:
            tries -= 1
            shorter = data[:at] + data[at + size :]
            failure = what_breaks(target, shorter)
            if failure is not None and failure[0] == kind:
                data = shorter
            else:
                at += size
        size //= 2
    return data


def takes_too_long(target: Target, data: bytes) -> float:
    """Return the processor's seconds for a case, at best, if its size does not allow so many."""
    allowed = 0.5 + len(data) * 1e-4
    best = allowed + 1
    for _ in range(4):
        began = time.process_time()
        what_breaks(target, data)
        best = min(best, time.process_time() - began)
        if best <= allowed:
            return 0.0
    return best


@contextlib.contextmanager
def watched() -> Iterator[Callable[[str], None]]:
    """Make warnings errors, and a hang the end; yield a function to say what runs now.

    After a hang a file fuzz-hang-*.txt stays behind, with the cases that ran and the traceback.
    """
    with tempfile.NamedTemporaryFile("w+", prefix="fuzz-hang-", suffix=".txt") as notes:

        def begin(note: str) -> None:
            notes.seek(0)
            notes.write(f"{note:<100}\n")
            notes.flush()
            faulthandler.dump_traceback_later(HANG_SECONDS, exit=True, file=notes)

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            # At once, because PyPy cannot cancel what was never begun.
            begin("a single case")
            try:
                yield begin
            finally:
                faulthandler.cancel_dump_traceback_later()


def run_target(
    target: Target, seed: object, first: int, count: int, timed: bool = True
) -> list[Finding]:
    """Run the cases from *first* on, *count* of them; return what was found, each kind once.

    With *timed* a case that takes longer than its size allows is a finding too.
    """
    found: dict[str, Finding] = {}
    with watched() as begin:
        for number in range(first, first + count):
            if (number - first) % _BATCH == 0:
                begin(f"--target {target.name} --seed {seed} --first {number}")
            data = target.case(seed, number)
            began = time.perf_counter()
            failure = what_breaks(target, data)
            if failure is None and timed and time.perf_counter() - began > 0.5:
                seconds = takes_too_long(target, data)
                if seconds:
                    failure = "slow", f"{len(data)} bytes take {seconds:.1f} s"
            if failure is not None and failure[0] not in found:
                kind = failure[0]
                short = data if kind == "slow" else shortened(target, data, kind)
                said = (what_breaks(target, short) or failure)[1]
                found[kind] = Finding(target, short, f"{target.name} {kind}", said)
    return list(found.values())

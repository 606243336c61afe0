"""``python -m benchmarks``: all of them, or by name; ``walk`` follows a request."""

from __future__ import annotations

import sys

from . import raw, requests, router, serving, startup, templates, walk

BENCHMARKS = {
    "requests": requests.main,
    "router": router.main,
    "templates": templates.main,
    "startup": startup.main,
    "serving": serving.main,
    "soak": serving.soak,
    "raw": raw.main,
}
# Ten minutes of the one, and the other's exit status, are for who asks.
BY_NAME_ONLY = ("soak", "raw")


def main(names: list[str]) -> None:
    """Run the named benchmarks, without a name all but the long ones."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        sys.exit(f"benchmarks: there is no {unknown[0]!r}; there are {', '.join(BENCHMARKS)}")
    version = f"Python {sys.version.split()[0]} ({sys.implementation.name})"
    print(f"{version}; (2.0×) means that a peer takes twice as long as microweb")
    for name in names or [name for name in BENCHMARKS if name not in BY_NAME_ONLY]:
        BENCHMARKS[name]()


if __name__ == "__main__":
    if sys.argv[1:2] == ["walk"]:
        walk.main(sys.argv[2:])
    else:
        main(sys.argv[1:])

"""What ``importlib.metadata`` says of Flask's packages: a name and a version."""

from __future__ import annotations

from importlib.metadata import Distribution

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _CompatDistribution(Distribution):
    """A package that is not installed and has a version nevertheless."""

    def __init__(self, text: str) -> None:
        self._text = text

    def read_text(self, filename: str) -> str | None:
        return self._text if filename == "METADATA" else None

    def locate_file(self, path: Any) -> Any:
        from pathlib import Path

        return Path(__file__).parent / path


def make_distribution(name: str, version: str) -> Distribution:
    """Return the distribution *name*, of which nothing but its version is known.

    >>> make_distribution("flask", "3.1.2").version
    '3.1.2'
    """
    return _CompatDistribution(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        f"Summary: answered for by microweb.compat\n"
    )

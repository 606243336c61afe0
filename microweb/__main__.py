"""``python -m microweb``: the command line."""

from __future__ import annotations

from .dev.cli import main

if __name__ == "__main__":
    main()

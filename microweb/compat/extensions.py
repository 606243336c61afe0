"""The names of the template extensions that are built in, for ``extensions=[...]``."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _BuiltInExtension:
    """Stands in a list of extensions; what it would bring is in every environment."""

    # How an environment knows it.
    __module__ = "jinja2.ext"

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(
            f"{cls.__name__} is built in and cannot be made: name it in extensions=[...], or leave "
            f"it out"
        )


class ExprStmtExtension(_BuiltInExtension):
    """``{% do %}``."""

    __module__ = "jinja2.ext"
    identifier = "jinja2.ext.ExprStmtExtension"
    tags = frozenset({"do"})


class LoopControlExtension(_BuiltInExtension):
    """``{% break %}`` and ``{% continue %}``."""

    __module__ = "jinja2.ext"
    identifier = "jinja2.ext.LoopControlExtension"
    tags = frozenset({"break", "continue"})


class InternationalizationExtension(_BuiltInExtension):
    """``{% trans %}``."""

    __module__ = "jinja2.ext"
    identifier = "jinja2.ext.InternationalizationExtension"
    tags = frozenset({"trans"})

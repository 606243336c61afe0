"""Whether a view can take the arguments of its URL: told when it is registered.

Signatures are read from code objects: `inspect` costs more to import than the framework itself.
"""

from __future__ import annotations

from .scaffold import describe_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Callable

# What inspect calls CO_VARARGS and CO_VARKEYWORDS.
_HAS_STAR_ARGUMENT = 0x04
_HAS_STAR_STAR_ARGUMENT = 0x08
# ``compat`` makes it a warning: a program that runs on Flask must start.
VIEW_CHECK = {"raises": True}


def check_new_view(
    rule: str, arguments: Iterable[str], view: Callable[..., Any], methods: Iterable[str] = ()
) -> None:
    """Check a view that is registered: see `check_view_arguments`, which raises the TypeError."""
    try:
        check_view_arguments(rule, arguments, view, methods)
    except TypeError as error:
        if VIEW_CHECK["raises"]:
            raise
        from warnings import warn

        warn(str(error), stacklevel=5)


def check_view_arguments(
    rule: str, arguments: Iterable[str], view: Callable[..., Any], methods: Iterable[str] = ()
) -> None:
    """Raise a TypeError where *view* cannot be called with a rule's *arguments* by keyword.

    Of view classes ``dispatch_request`` is looked at, and where that is `MethodView`'s, the methods
    that answer one of the rule's HTTP *methods*. What takes ``**kwargs``, or has no code to look
    at, is passed.

    >>> def show(name): ...
    >>> check_view_arguments("/<number>", ["number"], show)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    TypeError: the rule '/<number>' gives the argument 'number', which show (...) does not take...
    """
    view_class = getattr(view, "view_class", None)
    if view_class is None:
        _check_signature(rule, frozenset(arguments), view, "name it among the view's parameters")
        return
    if view_class.decorators:
        return
    from .views import MethodView

    names = ["dispatch_request"]
    # One of its own may take arguments away before it calls get, post and the like.
    if view_class.dispatch_request is MethodView.dispatch_request:
        names += [name.lower() for name in methods if name in (view_class.methods or ())]
    for name in names:
        method = getattr(view_class, name, None)
        if method is not None:
            _check_signature(
                rule, frozenset(arguments), method, "name it among the method's parameters", 1
            )


def _check_signature(
    rule: str, given: frozenset[str], function: Any, advice: str, bound: int = 0
) -> None:
    """Compare the names that a URL gives with those that a function takes; *bound* parameters
    are filled already."""
    if hasattr(function, "__func__"):
        function, bound = function.__func__, 1
    code: Any = getattr(function, "__code__", None)
    # What is built in has no code, or on PyPy code of another kind.
    if not hasattr(code, "co_posonlyargcount") or hasattr(function, "__wrapped__"):
        return
    positional = code.co_varnames[bound : code.co_argcount]
    keyword_only = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    by_position_only = code.co_varnames[bound : max(code.co_posonlyargcount, bound)]
    where = describe_function(function)
    if not code.co_flags & _HAS_STAR_STAR_ARGUMENT:
        for name in sorted(given.difference(positional, keyword_only)):
            raise TypeError(
                f"the rule {rule!r} gives the argument {name!r}, which {where} does not take: "
                f"{advice}, or take it out of the rule. If {function.__name__!r} is what a "
                f"decorator returned, have that take *args and **kwargs, pass them on, and wear "
                f"functools.wraps; a url_value_preprocessor that takes the argument away must be "
                f"registered before the route"
            )
    optional = len(function.__defaults__ or ())
    required = [*positional[: len(positional) - optional]]
    required += [name for name in keyword_only if name not in (function.__kwdefaults__ or {})]
    for name in required:
        if name not in given or name in by_position_only:
            raise TypeError(
                f"{where} needs the argument {name!r}, which the rule {rule!r} does not give: "
                f"write '<{name}>' in the rule, give defaults={{{name!r}: ...}}, or give the "
                f"parameter a default"
            )

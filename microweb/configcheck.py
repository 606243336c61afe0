"""What is said of a configuration before the first request: wrong kinds, misspelt keys."""

from __future__ import annotations

from .config import DEFAULT_CONFIG
from .text.nearest import nearest_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# What a key may hold, other than None: for the check, and for the sentence that it ends in.
_NUMBER_OR_NONE = (int, "a whole number or None")
_CONFIGURATION_KINDS: dict[str, tuple[Any, str]] = {
    "SECRET_KEY": ((str, bytes), "text or bytes"),
    "SECRET_KEY_FALLBACKS": ((list, tuple), "a list of keys"),
    "MAX_CONTENT_LENGTH": _NUMBER_OR_NONE,
    "MAX_FORM_MEMORY_SIZE": _NUMBER_OR_NONE,
    "MAX_FORM_PARTS": _NUMBER_OR_NONE,
    "MAX_COOKIE_SIZE": _NUMBER_OR_NONE,
    "TRUSTED_HOSTS": ((list, tuple, set, frozenset), "a list of hosts"),
    "SERVER_NAME": (str, "a host, as in 'example.com'"),
    "SESSION_COOKIE_NAME": (str, "text"),
    "SESSION_DIGEST": (str, "the name of a digest, as in 'sha256'"),
}


def check_configuration(config: Mapping[str, Any]) -> None:
    """Raise a TypeError for a configuration value of a kind that could not work, and warn of keys
    that are not read because they are misspelt or have been removed.

    >>> check_configuration({"MAX_CONTENT_LENGTH": "16MB"})
    Traceback (most recent call last):
        ...
    TypeError: app.config['MAX_CONTENT_LENGTH'] is '16MB'; it must be a whole number or None
    """
    for key, (kinds, wanted) in _CONFIGURATION_KINDS.items():
        value = config.get(key)
        if value is not None and not isinstance(value, kinds):
            raise TypeError(f"app.config[{key!r}] is {value!r:.60}; it must be {wanted}")
    lifetime = config.get("PERMANENT_SESSION_LIFETIME", 0)
    if not isinstance(lifetime, (int, float)) and not hasattr(lifetime, "total_seconds"):
        raise TypeError(
            f"app.config['PERMANENT_SESSION_LIFETIME'] is {lifetime!r:.60}; it must be a "
            f"timedelta or a number of seconds"
        )
    root = config.get("APPLICATION_ROOT", "/")
    if not isinstance(root, str) or not root.startswith("/"):
        raise TypeError(
            f"app.config['APPLICATION_ROOT'] is {root!r:.60}; it must be a path that begins "
            f"with a slash"
        )
    if config.get("REFUSE_CROSS_ORIGIN"):
        from .crossorigin import check_trusted_origins

        check_trusted_origins(config["REFUSE_CROSS_ORIGIN"])
    for key in config:
        if isinstance(key, str) and key not in DEFAULT_CONFIG:
            _warn_of_key(key)


# Keys that Flask once read, and what to write instead.
_REMOVED_KEYS = {
    "ENV": "app.debug, or a key of your own",
    "JSON_AS_ASCII": "app.json.ensure_ascii",
    "JSON_SORT_KEYS": "app.json.sort_keys",
    "JSONIFY_PRETTYPRINT_REGULAR": "app.json.compact",
    "JSONIFY_MIMETYPE": "app.json.mimetype",
    "PRESERVE_CONTEXT_ON_EXCEPTION": "a debugger: microweb run --pdb",
}


def _warn_of_key(key: str) -> None:
    advice = ""
    if key in _REMOVED_KEYS:
        advice = f"it is not read any more: use {_REMOVED_KEYS[key]}"
    else:
        near = near_configuration_key(key)
        if near is not None:
            advice = f"it is not read: did you mean {near!r}?"
    if advice:
        from warnings import warn

        warn(f"app.config[{key!r}] is set, but {advice}", stacklevel=2)


def near_configuration_key(key: str) -> str | None:
    """Return the key that *key* is a misspelling of, or None.

    >>> near_configuration_key("SECRECT_KEY"), near_configuration_key("MAIL_SERVER")
    ('SECRET_KEY', None)
    """
    # Most keys of an app's own look like none of these; only the few that do are compared.
    letters = sorted(key)
    near = [
        known
        for known in DEFAULT_CONFIG
        if abs(len(known) - len(key)) <= 2 and len(set(letters).symmetric_difference(known)) <= 2
    ]
    return nearest_name(key, near, 0.8) if near else None

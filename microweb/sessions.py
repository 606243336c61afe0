"""Sessions: a dict that comes back with the next request.

The default keeps the session in a signed cookie, so that no machine holds state: the client can
read it and cannot change it. Another store is another `SessionInterface`.

The session is opened when it is first used. What a client can observe is what Flask documents: a
cookie only where something changed (or a permanent session is refreshed), and ``Vary: Cookie``
wherever the answer depends on it.
"""

from __future__ import annotations

import os

from .json.tag import TaggedJSONSerializer
from .signing import BadData, URLSafeTimedSerializer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from datetime import datetime, timedelta
    from typing import Any

    from .app import Microweb
    from .http import Request, Response

    SessionBase = MutableMapping[str, Any]
else:
    SessionBase = object


class SessionMixin(SessionBase):
    """What the app expects of every session object that is a mapping.

    ``permanent`` says whether it outlives the browser, ``new`` whether this request made it,
    ``modified`` whether it must be saved, ``accessed`` whether it has been read.
    """

    new = False
    modified = True
    accessed = True

    @property
    def permanent(self) -> bool:
        """Whether the session lives for ``PERMANENT_SESSION_LIFETIME``; kept in the session."""
        return bool(self.get("_permanent", False))

    @permanent.setter
    def permanent(self, value: bool) -> None:
        self["_permanent"] = bool(value)


class SecureCookieSession(dict, SessionMixin):  # type: ignore[type-arg]
    """A dict that notices when it is looked at and when it is changed.

    A change inside a value (``session["cart"].append(…)``) cannot be noticed: set
    ``session.modified = True`` after it.

    >>> session = SecureCookieSession({"user": 7})
    >>> session["user"], session.accessed, session.modified
    (7, True, False)
    >>> session["user"] = 8; session.modified
    True
    """

    new = False
    modified = False
    accessed = False

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Return the value of *key*, setting it to *default* first where it is missing."""
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: str, *default: Any) -> Any:
        """Remove *key* and return its value; a change only where there was one."""
        self.accessed = True
        if key in self:
            self.modified = True
        return super().pop(key, *default)


def _noticing_session_method(name: str, changes: bool) -> Any:
    """Return dict's method *name*, noting first that the session was accessed, or changed too."""
    method = getattr(dict, name)

    def noticing(self: SecureCookieSession, *args: Any, **kwargs: Any) -> Any:
        self.accessed = True
        if changes:
            self.modified = True
        return method(self, *args, **kwargs)

    noticing.__name__ = name
    noticing.__doc__ = method.__doc__
    return noticing


_READING_METHODS = (
    "__getitem__ __contains__ __iter__ __len__ __eq__ __ne__ __or__ __ror__ __reversed__ get keys "
    "values items copy"
).split()
_CHANGING_METHODS = "__setitem__ __delitem__ __ior__ clear popitem update".split()
for _session_method in _READING_METHODS + _CHANGING_METHODS:
    # PyPy's dict has no __ror__ in 3.9.
    if hasattr(dict, _session_method):
        _noticing = _noticing_session_method(_session_method, _session_method in _CHANGING_METHODS)
        setattr(SecureCookieSession, _session_method, _noticing)


class NullSession(SecureCookieSession):
    """What stands in for the session where none can be made: it reads as empty, and a write raises
    a RuntimeError that says how to set a secret key."""

    def _refuse(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(
            "the session cannot be written: the app has no secret key to sign it with. Set one "
            f"that stays the same from start to start, for instance\n"
            f"    app.secret_key = {os.urandom(32).hex()!r}"
        )

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = update = setdefault = _refuse
    del _refuse


class SessionInterface:
    """How an app opens a session and saves it. Subclass it and set ``app.session_interface``.

    A subclass implements `open_session` and `save_session`; the other methods read the
    ``SESSION_COOKIE_*`` configuration for them.
    """

    null_session_class: type[Any] = NullSession
    pickle_based = False

    def make_null_session(self, app: Microweb) -> Any:
        """Return what is used when `open_session` returns None."""
        return self.null_session_class()

    def is_null_session(self, obj: object) -> bool:
        """Return whether *obj* came from `make_null_session`; such a one is never saved."""
        return isinstance(obj, self.null_session_class)

    def get_cookie_name(self, app: Microweb) -> str:
        """Return the cookie's name: ``SESSION_COOKIE_NAME``."""
        name: str = app.config["SESSION_COOKIE_NAME"]
        return name

    def get_cookie_domain(self, app: Microweb) -> str | None:
        """Return the cookie's domain: ``SESSION_COOKIE_DOMAIN``, None for this host alone."""
        domain: str | None = app.config["SESSION_COOKIE_DOMAIN"]
        return domain

    def get_cookie_path(self, app: Microweb) -> str:
        """Return the cookie's path: ``SESSION_COOKIE_PATH``, else ``APPLICATION_ROOT``."""
        path: str = app.config["SESSION_COOKIE_PATH"] or app.config["APPLICATION_ROOT"]
        return path

    def get_cookie_httponly(self, app: Microweb) -> bool:
        """Return whether scripts are kept from the cookie: ``SESSION_COOKIE_HTTPONLY``."""
        return bool(app.config["SESSION_COOKIE_HTTPONLY"])

    def get_cookie_secure(self, app: Microweb) -> bool:
        """Return whether the cookie travels over HTTPS alone: ``SESSION_COOKIE_SECURE``."""
        return bool(app.config["SESSION_COOKIE_SECURE"])

    def get_cookie_samesite(self, app: Microweb) -> str | None:
        """Return ``SESSION_COOKIE_SAMESITE``: ``"Lax"``, ``"Strict"``, ``"None"`` or None."""
        samesite: str | None = app.config["SESSION_COOKIE_SAMESITE"]
        return samesite

    def get_cookie_partitioned(self, app: Microweb) -> bool:
        """Return whether the cookie is kept per embedding site: ``SESSION_COOKIE_PARTITIONED``."""
        return bool(app.config["SESSION_COOKIE_PARTITIONED"])

    def get_expiration_time(self, app: Microweb, session: SessionMixin) -> datetime | None:
        """Return when the cookie expires: None with the browser, unless *session* is permanent."""
        if not session.permanent:
            return None
        from datetime import datetime, timezone

        lifetime: timedelta = app.permanent_session_lifetime
        return datetime.now(timezone.utc) + lifetime

    def should_set_cookie(self, app: Microweb, session: SessionMixin) -> bool:
        """Return whether the response must carry the cookie: the session changed, or it is
        permanent and ``SESSION_REFRESH_EACH_REQUEST`` is on."""
        return session.modified or (
            session.permanent and bool(app.config["SESSION_REFRESH_EACH_REQUEST"])
        )

    def open_session(self, app: Microweb, request: Request) -> Any:
        """Return the session of a request, or None where none can be made."""
        raise NotImplementedError

    def save_session(self, app: Microweb, session: Any, response: Response) -> None:
        """Write the session where it is kept and set the cookie on *response*."""
        raise NotImplementedError


class SecureCookieSessionInterface(SessionInterface):
    """Keeps the session in a cookie, signed with the app's secret key.

    The cookie's format is Flask's. Its digest is SHA-256 where Flask's is SHA-1; with
    ``SESSION_DIGEST = "sha1"`` in the configuration both read each other's cookies.
    """

    salt = "cookie-session"
    # A name that hashlib knows or one of its functions; None leaves it to SESSION_DIGEST.
    digest_method: Any = None
    key_derivation = "hmac"
    serializer: Any = TaggedJSONSerializer()
    session_class: type[Any] = SecureCookieSession

    def __init__(self) -> None:
        self._signing: tuple[tuple[Any, ...], URLSafeTimedSerializer] | None = None

    def get_signing_serializer(self, app: Microweb) -> URLSafeTimedSerializer | None:
        """Return what signs the cookie, or None while the app has no secret key."""
        secret_key = app.secret_key
        if not secret_key:
            return None
        # Deriving the keys costs more than signing with them, so the serializer is kept for as
        # long as what it was made of stays the same.
        fallbacks = tuple(app.config["SECRET_KEY_FALLBACKS"] or ())
        digest_method = self.digest_method or app.config["SESSION_DIGEST"]
        made_of = (secret_key, fallbacks, digest_method)
        # One attribute holds both, so that no thread ever sees one without the other.
        signing = self._signing
        if signing is None or signing[0] != made_of:
            serializer = URLSafeTimedSerializer(
                [*fallbacks, secret_key],
                salt=self.salt,
                serializer=self.serializer,
                signer_kwargs={
                    "key_derivation": self.key_derivation,
                    "digest_method": digest_method,
                },
            )
            signing = self._signing = (made_of, serializer)
        return signing[1]

    def open_session(self, app: Microweb, request: Request) -> SecureCookieSession | None:
        """Return the session that the cookie carries; an empty one if it does not verify."""
        serializer = self.get_signing_serializer(app)
        if serializer is None:
            return None
        cookie = request.cookies.get(self.get_cookie_name(app))
        if cookie:
            lifetime = app.config["PERMANENT_SESSION_LIFETIME"]
            if not isinstance(lifetime, int):
                lifetime = int(app.permanent_session_lifetime.total_seconds())
            try:
                data = serializer.loads(cookie, max_age=lifetime)
            except BadData:
                data = None
            if isinstance(data, dict):
                session: SecureCookieSession = self.session_class(data)
                return session
        empty: SecureCookieSession = self.session_class()
        empty.new = True
        return empty

    def save_session(self, app: Microweb, session: SessionMixin, response: Response) -> None:
        """Set, refresh or delete the cookie, and say that the answer depends on it."""
        items = _session_items(session)
        accessed = session.accessed
        serializer = self.get_signing_serializer(app)
        writes = self.should_set_cookie(app, session) if items else session.modified
        if accessed or writes:
            if "Vary" in response.headers:
                response.vary.add("Cookie")
            else:
                response.headers["Vary"] = "Cookie"
        if not writes or serializer is None:
            return
        name = self.get_cookie_name(app)
        attributes: dict[str, Any] = {
            "domain": self.get_cookie_domain(app),
            "path": self.get_cookie_path(app),
            "secure": self.get_cookie_secure(app),
            "httponly": self.get_cookie_httponly(app),
            "samesite": self.get_cookie_samesite(app),
            "partitioned": self.get_cookie_partitioned(app),
        }
        if items:
            expires = self.get_expiration_time(app, session)
            if expires is not None and session.permanent:
                # Counted by the browser: a machine whose clock is wrong names a wrong date.
                attributes["max_age"] = int(app.permanent_session_lifetime.total_seconds())
            value = serializer.dumps(dict(items))
            response.set_cookie(name, value, expires=expires, **attributes)
        else:
            response.delete_cookie(name, **attributes)


def _session_items(session: SessionMixin) -> Any:
    """Return the session's items without marking it as accessed: saving is not reading."""
    if isinstance(session, dict):
        return dict.items(session)
    return session.items()

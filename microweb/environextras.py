"""What few tests ask of an `EnvironBuilder`: further views on what was said, and the way back.

`EnvironBuilder` takes these members from here when one is first used.
"""

from __future__ import annotations

from .environ import EnvironBuilder, encode_query, split_host, split_url
from .http import MultiDict, Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .ctx import WSGIEnvironment


class BuilderExtras(EnvironBuilder):
    """The members of `EnvironBuilder` that few tests use."""

    @property
    def args(self) -> MultiDict:
        """The query string's values, as a copy; set a mapping to replace the query string."""
        return MultiDict(Request({"QUERY_STRING": self.query_string}).args)

    @args.setter
    def args(self, value: Any) -> None:
        self.query_string = encode_query(value)

    @property
    def base_url(self) -> str:
        """The URL that the app is mounted at, with a slash at its end; may be set."""
        return f"{self.url_scheme}://{self.host}{self.script_root}/"

    @base_url.setter
    def base_url(self, value: str) -> None:
        scheme, host, root, query = split_url(value)
        if query or not host:
            raise ValueError(f"a base URL is one as 'http://localhost/app/', not {value!r}")
        self.url_scheme, self.host, self.script_root = scheme, host, root.rstrip("/")

    @property
    def mimetype(self) -> str | None:
        """The media type of the body, without its parameters; may be set."""
        return self.content_type.partition(";")[0].strip() if self.content_type else None

    @mimetype.setter
    def mimetype(self, value: str) -> None:
        self.content_type = f"{value}; charset=utf-8" if value.startswith("text/") else value

    @property
    def request_uri(self) -> str:
        """The target of the request line."""
        uri: str = self.get_environ()["REQUEST_URI"]
        return uri

    @property
    def server_name(self) -> str:
        """The host without its port."""
        return split_host(self.host, self.url_scheme)[0]

    @property
    def server_port(self) -> int:
        """The host's port, or that of the scheme."""
        return int(split_host(self.host, self.url_scheme)[1])

    @classmethod
    def from_environ(cls, environ: WSGIEnvironment, **kwargs: Any) -> EnvironBuilder:
        """Return a builder of what an environ says; *kwargs* are those of the class and win."""
        headers = [
            (key[5:].replace("_", "-").title(), value)
            for key, value in environ.items()
            if key.startswith("HTTP_") and key != "HTTP_HOST"
        ]
        host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
        scheme = environ["wsgi.url_scheme"]
        default = {"http": ":80", "https": ":443"}.get(scheme, "")
        host = host[: -len(default)] if default and host.endswith(default) else host
        length = environ.get("CONTENT_LENGTH") or None
        said = {
            "path": encode_query(environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8")),
            "base_url": f"{scheme}://{host}{environ.get('SCRIPT_NAME', '')}",
            "query_string": environ.get("QUERY_STRING", ""),
            "method": environ["REQUEST_METHOD"],
            "input_stream": environ["wsgi.input"],
            "content_type": environ.get("CONTENT_TYPE") or None,
            "content_length": None if length is None else int(length),
            "errors_stream": environ["wsgi.errors"],
            "multithread": environ["wsgi.multithread"],
            "multiprocess": environ["wsgi.multiprocess"],
            "run_once": environ["wsgi.run_once"],
            "headers": headers,
        }
        return cls(**{**said, **kwargs})

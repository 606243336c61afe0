"""The builder of test environs that is given an app first."""

from __future__ import annotations

from ..environ import EnvironBuilder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..app import Microweb


class FlaskEnvironBuilder(EnvironBuilder):
    """An `EnvironBuilder` for *app*: host and path come from its configuration.

    >>> from microweb import Microweb
    >>> FlaskEnvironBuilder(Microweb("example"), "/page").path
    '/page'
    """

    def __init__(
        self,
        app: Microweb,
        path: str = "/",
        base_url: str | None = None,
        subdomain: str | None = None,
        url_scheme: str | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        self.app = app
        kwargs.update(app=app, subdomain=subdomain, url_scheme=url_scheme)
        super().__init__(path, base_url, *args, **kwargs)

    def json_dumps(self, obj: Any, **kwargs: Any) -> str:
        """Return *obj* as JSON text, written by the app's provider."""
        text: str = self.app.json.dumps(obj, **kwargs)
        return text

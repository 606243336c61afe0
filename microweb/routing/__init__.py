"""Routing: ``(method, path)`` to ``(rule, arguments)``, and back.

Rules are merged by their beginnings into a tree, the trie. Its edges are segments, the texts
between two slashes; its nodes hold the rules that end there:

    /
      user
        me            [GET] -> me
        <string>      [GET] -> user
          post
            <int>     [GET] -> post

A path walks from the root, one segment at a time. A node offers three kinds of ways on: a
*literal*, found in a dict; *branches*, variables of one segment, tried from the narrowest to the
widest; *spans*, variables such as ``path`` that may take several segments. A span that more
follows, as in ``<path:p>/edit``, stands among the branches with all that follows: the more fixed
texts, the narrower. The first way that fits is taken. If it leads nowhere the walk goes back and
takes the next one, so ``/user/me/post/1`` reaches ``post`` although ``me`` fits the literal. The
order in which rules were added does not matter.

Most requests need no way back, and are served by the shorter roads in front of that search: a path
without variables by one dict, the others by a straight walk (``Map.find``).

Read ``exceptions``, ``converters``, ``rules``, ``trie`` and ``map``, in this order;
``extra`` has hosts and subdomains, segments that mix text and variables, and what few programs use.
Nothing here knows of requests, responses or views.

>>> from microweb.routing import Map, Rule
>>> urls = Map([Rule("/user/<name>/post/<int:id>", endpoint="post", methods=["GET"])])
>>> rule, arguments = urls.find("GET", "/user/ada/post/7")
>>> rule.endpoint, arguments
('post', {'name': 'ada', 'id': 7})
>>> urls.build("post", arguments)
'/user/ada/post/7'
"""

from __future__ import annotations

from ..text.lazy import import_later
from .converters import BaseConverter, ValidationError
from .exceptions import BuildError, NoMatch, RequestRedirect, RoutingError, WrongMethod
from .map import Map
from .rules import Rule, RuleFactory

__all__ = [
    "BaseConverter", "BuildError", "Map", "NoMatch", "RequestRedirect", "RoutingError", "Rule",
    "RuleFactory", "ValidationError", "WrongMethod",
]  # fmt: skip

__getattr__ = import_later(
    __name__,
    """
    converters: AnyConverter FloatConverter IntegerConverter NumberConverter PathConverter
    converters: RegexConverter UnicodeConverter UUIDConverter
    exceptions: RuleSyntaxError UnknownConverter WebsocketMismatch
    extra.adapter: MapAdapter
    extra.factories: EndpointPrefix RuleTemplate Subdomain Submount
    """,
)

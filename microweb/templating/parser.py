"""From tokens to the nodes of a template: the tags, on top of the expressions.

Each tag has one method, named in the table at the end of the class. The parser also notes which
names each scope assigns, so that the compiler need not walk the nodes twice. It does not know which
filters and tests exist.
"""

from __future__ import annotations

from ..text.nearest import did_you_mean
from .expressions import LITERAL_WORDS, ExpressionParser
from .nodes import TemplateNode, TemplateScope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .lexer import TemplateToken

_BLOCK_NESTING_LIMIT = 40
_LOOP_NESTING_LIMIT = 16
_REFUSED_TAGS = {
    "print": "there is no {% print %}: write {{ expression }}",
    "trans": "there is no {% trans %}: pass a gettext function and write {{ _('text') }}",
    "while": "there is no {% while %}: loop over something with {% for %}",
    "assign": "there is no {% assign %}: write {% set name = value %}",
    "comment": "there is no {% comment %}: write {# text #}",
    "debug": "there is no {% debug %}: it would show the whole context to a reader",
}


class TemplateParser(ExpressionParser):
    """Reads the tokens of one template; *name* and *filename* go into error messages.

    >>> from microweb.templating.lexer import TemplateLexer
    >>> root = TemplateParser(TemplateLexer().tokenize("a{% if b %}c{% endif %}")).parse()
    >>> [type(node).__name__ for node in root.body]
    ['TemplateNode', 'TemplateNode']
    """

    def __init__(
        self, tokens: list[TemplateToken], name: str | None = None, filename: str | None = None
    ) -> None:
        super().__init__(tokens, name, filename)
        self.open_tags: list[tuple[str, int, tuple[str, ...]]] = []
        self.blocks: dict[str, TemplateNode] = {}
        self.loop_depth = 0

    def parse(self) -> TemplateNode:
        """Return the node of the whole template, or raise TemplateSyntaxError."""
        body = self.parse_body(())
        return TemplateNode("root", 1, self.blocks, body, self.scopes[0])

    def parse_body(self, ends: tuple[str, ...]) -> list[TemplateNode]:
        """Read up to a tag named in *ends*, whose name is then the next token."""
        nodes: list[TemplateNode] = []
        parts: list[str | TemplateNode] = []
        tokens = self.tokens
        while True:
            kind, value, lineno = tokens[self.index]
            self.index += 1
            if kind == "text" or kind == "variable_begin":
                if not parts:
                    parts = []
                    nodes.append(TemplateNode("output", lineno, parts))
                if kind == "text":
                    parts.append(value)
                    continue
                parts.append(self.parse_tuple())
                self.expect("variable_end", "the end of the expression")
            elif kind == "block_begin":
                tag: str = self.expect("name", "the name of a tag")
                if tag in ends:
                    self.index -= 1
                    return nodes
                nodes.append(self.parse_tag(tag, lineno))
                parts = []
            else:
                self.index -= 1
                if ends:
                    opened, line, wanted = self.open_tags[-1]
                    self.fail(
                        f"the template ends while {{% {opened} %}} from line {line} is open: "
                        f"{_list_tags(wanted)} is missing"
                    )
                return nodes

    def parse_tag(self, tag: str, lineno: int) -> TemplateNode:
        """Read the tag whose name has just been taken, with all that belongs to it."""
        method = self.TAGS.get(tag)
        if method is not None:
            node = method(self, lineno)
            self.expect("block_end", "the end of the tag")
            return node
        self.index -= 1
        if tag in _REFUSED_TAGS:
            self.fail(_REFUSED_TAGS[tag], lineno)
        if tag.startswith("end") or tag in ("else", "elif"):
            if self.open_tags:
                opened, line, wanted = self.open_tags[-1]
                self.fail(
                    f"{{% {tag} %}} does not fit: the innermost open tag is {{% {opened} %}} from "
                    f"line {line}, which wants {_list_tags(wanted)}"
                )
            self.fail(f"{{% {tag} %}} closes nothing: no tag is open here")
        self.fail(f"unknown tag {tag!r}.{did_you_mean(tag, [*self.TAGS, *_REFUSED_TAGS])}")

    def parse_block_body(self, tag: str, lineno: int, *ends: str) -> list[TemplateNode]:
        """Read the end of an opening tag and its body; the ending tag's name comes next."""
        self.skip(":")
        self.expect("block_end", f"the end of the {tag!r} tag")
        self.open_tags.append((tag, lineno, ends))
        self.deeper(len(self.open_tags), _BLOCK_NESTING_LIMIT)
        body = self.parse_body(ends)
        self.open_tags.pop()
        return body

    def parse_scoped_body(
        self, tag: str, lineno: int, scope: TemplateScope | None = None
    ) -> tuple[list[TemplateNode], TemplateScope]:
        """Read the body of a tag that ends with ``end`` and its own name, in a scope of its own."""
        scope = scope or TemplateScope()
        self.scopes.append(scope)
        body = self.parse_block_body(tag, lineno, "end" + tag)
        self.scopes.pop()
        self.index += 1
        return body, scope

    def parse_if(self, lineno: int) -> TemplateNode:
        branches: list[tuple[TemplateNode, list[TemplateNode]]] = []
        otherwise: list[TemplateNode] = []
        while True:
            test = self.parse_tuple()
            branches.append((test, self.parse_block_body("if", lineno, "elif", "else", "endif")))
            word = self.expect("name")
            if word == "else":
                otherwise = self.parse_block_body("if", lineno, "endif")
                self.index += 1
            if word != "elif":
                return TemplateNode("if", lineno, branches, otherwise)

    def parse_for(self, lineno: int) -> TemplateNode:
        scope, other = TemplateScope(is_loop=True), TemplateScope()
        self.loop_depth += 1
        if self.loop_depth > _LOOP_NESTING_LIMIT:
            self.fail(f"too deeply nested: more than {_LOOP_NESTING_LIMIT} loops in each other")
        target = self.parse_target(scope)
        self.expect_word("in")
        iterable = self.parse_tuple(with_condition=False, end_word="recursive")
        self.scopes.append(TemplateScope())
        test = self.parse_expression() if self.skip_word("if") else None
        self.scopes[-1] = scope
        recursive = self.skip_word("recursive")
        body = self.parse_block_body("for", lineno, "else", "endfor")
        self.loop_depth -= 1
        otherwise: list[TemplateNode] = []
        if self.expect("name") == "else":
            self.scopes[-1] = other
            otherwise = self.parse_block_body("for", lineno, "endfor")
            self.index += 1
        self.scopes.pop()
        parts = (target, iterable, test, recursive, body, scope, otherwise, other)
        return TemplateNode("for", lineno, *parts)

    def parse_break(self, lineno: int) -> TemplateNode:
        word = self.tokens[self.index - 1][1]
        if not self.loop_depth:
            self.fail(f"{{% {word} %}} stands outside of a loop", lineno)
        return TemplateNode("break", lineno, word)

    def parse_target(self, scope: TemplateScope, with_namespace: bool = False) -> TemplateNode:
        """Read what is assigned to: a name, ``ns.attribute``, or such in a tuple."""
        lineno = self.tokens[self.index][2]
        targets = [self.parse_single_target(scope, with_namespace)]
        comma = False
        while self.skip(","):
            comma = True
            kind, value, _ = self.tokens[self.index]
            if kind not in ("name", "(") or value == "in":
                break
            targets.append(self.parse_single_target(scope, with_namespace))
        return TemplateNode("sequence", lineno, "()", targets) if comma else targets[0]

    def parse_single_target(self, scope: TemplateScope, with_namespace: bool) -> TemplateNode:
        lineno = self.tokens[self.index][2]
        if self.skip("("):
            self.enter(_BLOCK_NESTING_LIMIT)
            inner = self.parse_target(scope, with_namespace)
            self.depth -= 1
            self.expect(")")
            return inner
        name = self.parse_assigned_name()
        if with_namespace and self.skip("."):
            attribute = self.expect("name", "a name")
            return TemplateNode("namespace_target", lineno, name, attribute)
        scope.stores[name] = scope.stores.get(name, False) or with_namespace
        return TemplateNode("name", lineno, name)

    def parse_assigned_name(self, store: bool = False) -> str:
        """Read a name that can be assigned to; *store* notes it in the scope."""
        name: str = self.expect("name", "a name to assign to")
        if name in LITERAL_WORDS:
            self.index -= 1
            self.fail(f"{name!r} is a literal and cannot be assigned to")
        if store:
            self.scopes[-1].stores[name] = True
        return name

    def parse_set(self, lineno: int) -> TemplateNode:
        target = self.parse_target(self.scopes[-1], with_namespace=True)
        if self.skip("="):
            return TemplateNode("set", lineno, target, self.parse_tuple())
        filtered = TemplateNode("captured", lineno)
        if self.tokens[self.index][0] == "|":
            filtered = self.parse_filters(filtered)
        parts = self.parse_scoped_body("set", lineno)
        return TemplateNode("set_block", lineno, target, filtered, *parts)

    def parse_filter_block(self, lineno: int) -> TemplateNode:
        captured = TemplateNode("captured", lineno)
        filtered = self.parse_filters(self.parse_filter(captured, with_pipe=False))
        parts = self.parse_scoped_body("filter", lineno)
        return TemplateNode("filter_block", lineno, filtered, *parts)

    def parse_with(self, lineno: int) -> TemplateNode:
        scope = TemplateScope()
        targets: list[TemplateNode] = []
        values: list[TemplateNode] = []
        while self.tokens[self.index][0] != "block_end":
            if targets:
                self.expect(",")
            targets.append(self.parse_single_target(scope, with_namespace=False))
            self.expect("=")
            values.append(self.parse_expression())
        parts = self.parse_scoped_body("with", lineno, scope)
        return TemplateNode("with", lineno, targets, values, *parts)

    def parse_autoescape(self, lineno: int) -> TemplateNode:
        value = self.parse_expression()
        return TemplateNode(
            "autoescape", lineno, value, *self.parse_scoped_body("autoescape", lineno)
        )

    def parse_block(self, lineno: int) -> TemplateNode:
        name: str = self.expect("name", "the name of the block")
        if name in self.blocks:
            first = self.blocks[name].lineno
            self.fail(f"the block {name!r} is defined twice; the first is on line {first}", lineno)
        scoped = self.skip_word("scoped")
        required = self.skip_word("required")
        scoped = self.skip_word("scoped") or scoped
        if self.tokens[self.index][0] == "-":
            self.fail("the name of a block cannot contain '-': use '_'")
        if scoped:
            for outer in self.scopes:
                outer.uses_loop = outer.is_loop
        scope, outer_scopes, loop_depth = TemplateScope(), self.scopes, self.loop_depth
        node = TemplateNode("block", lineno, name, scoped, required, [], scope)
        self.blocks[name] = node
        self.scopes, self.loop_depth = [], 0
        node.body, _ = self.parse_scoped_body("block", lineno, scope)
        self.scopes, self.loop_depth = outer_scopes, loop_depth
        if required and not all(_is_blank(child) for child in node.body):
            self.fail(f"the required block {name!r} may hold only comments and white space", lineno)
        token = self.tokens[self.index]
        if token[0] == "name":
            if token[1] != name:
                self.fail(f"{{% endblock {token[1]} %}} closes the block {name!r}")
            self.index += 1
        return node

    def parse_extends(self, lineno: int) -> TemplateNode:
        return TemplateNode("extends", lineno, self.parse_expression())

    def parse_include(self, lineno: int) -> TemplateNode:
        template = self.parse_expression()
        ignore_missing = self.skip_word("ignore")
        if ignore_missing:
            self.expect_word("missing")
        with_context = self.parse_with_context(default=True)
        return TemplateNode("include", lineno, template, ignore_missing, with_context)

    def parse_with_context(self, default: bool = False) -> bool:
        """Read ``with context`` or ``without context`` if it is there."""
        given = default
        for word in ("with", "without"):
            token, following = self.tokens[self.index], self.tokens[self.index + 1]
            if token[:2] == ("name", word) and following[:2] == ("name", "context"):
                self.index += 2
                given = word == "with"
                break
        for scope in self.scopes:
            scope.shares = scope.shares or given
        return given

    def parse_import(self, lineno: int) -> TemplateNode:
        template = self.parse_expression()
        self.expect_word("as")
        target = self.parse_assigned_name(store=True)
        return TemplateNode("import", lineno, template, target, self.parse_with_context())

    def parse_from(self, lineno: int) -> TemplateNode:
        template = self.parse_expression()
        self.expect_word("import")
        names: list[tuple[str, str]] = []
        while self.tokens[self.index][0] == "name":
            if names and self.tokens[self.index + 1][:2] == ("name", "context"):
                break
            name = self.parse_assigned_name()
            if name.startswith("_"):
                self.fail(f"{name!r} cannot be imported: it begins with an underscore", lineno)
            alias = self.parse_assigned_name() if self.skip_word("as") else name
            self.scopes[-1].stores[alias] = True
            names.append((name, alias))
            if not self.skip(","):
                break
        with_context = self.parse_with_context()
        if not names:
            self.fail("expected the names to import")
        return TemplateNode("from_import", lineno, template, names, with_context)

    def parse_macro(self, lineno: int) -> TemplateNode:
        name = self.parse_assigned_name(store=True)
        node = TemplateNode("macro", lineno, name, [], [], [], TemplateScope())
        self.parse_parameters(node)
        self.parse_macro_body("macro", node)
        return node

    def parse_macro_body(self, tag: str, node: TemplateNode) -> None:
        loop_depth, self.loop_depth = self.loop_depth, 0
        node.body, _ = self.parse_scoped_body(tag, node.lineno, node.scope)
        self.loop_depth = loop_depth
        if self.tokens[self.index][:2] == ("name", node.name):
            self.index += 1

    def parse_parameters(self, node: TemplateNode) -> None:
        """Read ``(name, name=default)``; the defaults belong to the scope of the macro."""
        self.expect("(", f"'(' after the name {node.name!r}")
        self.scopes.append(node.scope)
        while not self.skip(")"):
            if node.parameters:
                self.expect(",", "',' or ')'")
            name = self.parse_assigned_name(store=True)
            if name in node.parameters:
                self.fail(f"the parameter {name!r} is there twice", node.lineno)
            node.parameters.append(name)
            if self.skip("="):
                node.defaults.append(self.parse_expression())
            elif node.defaults:
                self.fail(f"the parameter {name!r} without default follows one with a default")
        self.scopes.pop()

    def parse_call(self, lineno: int) -> TemplateNode:
        macro = TemplateNode("macro", lineno, "caller", [], [], [], TemplateScope())
        if self.tokens[self.index][0] == "(":
            self.parse_parameters(macro)
        call = self.parse_expression()
        if call.kind != "call":
            self.fail("{% call %} expects the call of a macro, as in {% call dialog() %}", lineno)
        self.parse_macro_body("call", macro)
        return TemplateNode("call_block", lineno, call, macro)

    def parse_do(self, lineno: int) -> TemplateNode:
        return TemplateNode("do", lineno, self.parse_tuple())

    TAGS: dict[str, Callable[[TemplateParser, int], TemplateNode]] = {
        "if": parse_if,
        "for": parse_for,
        "break": parse_break,
        "continue": parse_break,
        "set": parse_set,
        "with": parse_with,
        "do": parse_do,
        "filter": parse_filter_block,
        "block": parse_block,
        "extends": parse_extends,
        "include": parse_include,
        "import": parse_import,
        "from": parse_from,
        "macro": parse_macro,
        "call": parse_call,
        "autoescape": parse_autoescape,
    }


def _is_blank(node: TemplateNode) -> bool:
    return node.kind == "output" and all(
        isinstance(part, str) and not part.strip() for part in node.parts
    )


def _list_tags(names: tuple[str, ...]) -> str:
    return " or ".join(f"{{% {name} %}}" for name in names)

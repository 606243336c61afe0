"""The form of a page that explains an error: HTML, plain text or JSON, of one content.

Whatever it is given, what leaves it is escaped, free of control characters and of the secrets it
was told; a page asks nothing of another host, runs no script but its own few lines, which copy its
text, and sends nothing back. What a page says is not decided here.
"""

from __future__ import annotations

import os
import re
import sys

from ..text.escaping import escape_html
from ..text.tracebacks import escape_controls

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    CleanText = Callable[[str], str]

SECRET_MASK = "********"
# Names whose value is kept secret, also in the repr of a dict, an object or a query string.
_SECRET_NAME_RE = re.compile(
    r"passw|passphrase|secret|token|cookie|authoriz|credential|api_?key|private"
    r"|(?<![a-z])key(?![a-z])",
    re.IGNORECASE,
)
_SECRET_PAIR_RE = re.compile(
    rf"((?:{_SECRET_NAME_RE.pattern})[\w-]{{0,40}}['\"]?\s{{0,2}}(?:[:=]|%3D)\s{{0,2}})"
    r"(?!None\b|True\b|False\b)(b?'(?:[^'\\]|\\.)*'?|b?\"(?:[^\"\\]|\\.)*\"?|[^\s,;&)}\]]+)"
    r"|(://[^\s:/@]{0,99}:)[^\s/@]{1,99}(?=@)",
    re.IGNORECASE,
)
_ACCEPT_QUALITY_RE = re.compile(r"[ \t]*q=([01](?:\.[0-9]{0,3})?)[ \t]*", re.IGNORECASE)
_FORM_OF_TYPE = {
    "text/html": "text/html; charset=utf-8",
    "application/xhtml+xml": "text/html; charset=utf-8",
    "application/json": "application/json",
    "text/plain": "text/plain; charset=utf-8",
}
_PAGE_STYLE = """\
:root{color-scheme:light dark;--ink:#1d2330;--dim:#5a6372;--paper:#fff;--box:#f3f4f7;--line:#d9dde4;
--now:#fff0b8;--at:#b3261e;--good:#e9f6ec;--edge:#2c8a4b;--link:#0b57d0}
@media(prefers-color-scheme:dark){:root{--ink:#e4e7ee;--dim:#a2abba;--paper:#15181e;--box:#1f242d;
--line:#363d49;--now:#4a4012;--at:#ff8a80;--good:#15301f;--edge:#57b877;--link:#9ec1ff}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:62rem;padding:1.2rem 1rem 3rem;font:1rem/1.5 system-ui,sans-serif;
color:var(--ink);background:var(--paper);overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25;margin:.1rem 0 .6rem}
h2{font-size:1.1rem;margin:1.8rem 0 .5rem}p{margin:.5rem 0}
.status,footer{color:var(--dim)}.lead{font-size:1.1rem;white-space:pre-wrap}
pre,code,dt,dd,textarea,.frame>summary{font-family:ui-monospace,Menlo,Consolas,monospace}
pre,code,dl,textarea,.frame>summary{font-size:.85rem}
pre{margin:.5rem 0;padding:.6rem .7rem;overflow:auto;background:var(--box);border-radius:.4rem;
overflow-wrap:normal;tab-size:4;line-height:1.45}
p code,.lead code,li code{background:var(--box);padding:.1em .3em;border-radius:.25em}
pre .line{display:block;width:max-content;min-width:100%}
pre .number{color:var(--dim);user-select:none}
pre mark.line{background:var(--now);color:inherit}
pre u{text-decoration-color:var(--at);text-decoration-thickness:2px;text-underline-offset:3px}
.fix{background:var(--good);border-left:.3rem solid var(--edge);border-radius:.4rem;
padding:.1rem .9rem .5rem;margin-top:1.2rem}.fix h2{margin-top:.6rem}
details{border:1px solid var(--line);border-radius:.4rem;margin:.5rem 0;padding:0 .7rem}
details[open]{padding-bottom:.4rem}summary{cursor:pointer;padding:.45rem 0}
.own{border-left:.3rem solid var(--link)}
dl{display:grid;grid-template-columns:fit-content(38%) minmax(0,1fr);gap:.15rem .9rem;
margin:.5rem 0}dt{color:var(--dim)}dd{margin:0;white-space:pre-wrap}
textarea{width:100%;height:14rem;color:inherit;background:var(--box);border:1px solid var(--line)}
button{font:inherit;color:inherit;background:var(--box);border:1px solid var(--line);
border-radius:.4rem;padding:.35rem .9rem;cursor:pointer}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
@media(max-width:40rem){details{padding:0 .5rem}}
"""
_COPY_SCRIPT = """\
const button=document.querySelector("button"),area=document.querySelector("textarea");
button.hidden=false;
button.onclick=async()=>{try{await navigator.clipboard.writeText(area.value)}
catch(error){area.closest("details").open=true;area.select();document.execCommand("copy")}
document.querySelector("[role=status]").textContent=" Copied."};
"""
_PAGE_HTML = """\
<!doctype html>
<html lang=en><head><meta charset=utf-8><title>{title}</title>
<meta name=viewport content="width=device-width,initial-scale=1">
<style nonce="{nonce}">{style}</style></head>
<body><header>{above}<h1>{title}</h1><div class=lead>{lead}</div>
<p><button type=button hidden>Copy it all as text</button><span role=status></span></p></header>
<main>{sections}</main>
<details><summary>The page as text</summary>
<textarea readonly aria-label="The page as text">
{text}</textarea></details>
<footer><p>Python {python}. Debug is on, so errors explain themselves, to this machine alone.</p>
</footer><script nonce="{nonce}">{script}</script></body></html>
"""


def is_secret_name(name: str) -> bool:
    """Return whether what bears this name is to be masked.

    >>> is_secret_name("SECRET_KEY"), is_secret_name("keyboard")
    (True, False)
    """
    return _SECRET_NAME_RE.search(name) is not None


def mask_secret_pairs(text: str) -> str:
    """Return *text* with the values masked that stand behind a secret's name.

    >>> mask_secret_pairs("{'user': 'ada', 'password': 'x'} ?token=1&page=2 http://u:p@host/")
    "{'user': 'ada', 'password': ********} ?token=********&page=2 http://u:********@host/"
    """
    return _SECRET_PAIR_RE.sub(lambda found: (found[1] or found[3]) + SECRET_MASK, text)


class TextBlock:
    """A paragraph; what stands between backticks is code. The base of the other blocks.

    The *clean* of the three methods is what every text goes through before it is shown.
    """

    def __init__(self, text: str) -> None:
        self.content = text

    def html(self, clean: CleanText) -> str:
        """Return the block as HTML."""
        text = escape_html(clean(self.content))
        return "<p>" + re.sub("`([^`]+)`", r"<code>\1</code>", text) + "</p>"

    def text(self, clean: CleanText) -> str:
        """Return the block as plain text."""
        return clean(self.content)

    def data(self, clean: CleanText) -> Any:
        """Return the block as values for JSON."""
        return self.text(clean)


class CodeBlock(TextBlock):
    """Lines to read or to paste, shown as they are."""

    def html(self, clean: CleanText) -> str:
        return f"<pre tabindex=0><code>{escape_html(clean(self.content))}</code></pre>"

    def text(self, clean: CleanText) -> str:
        return "\n".join("    " + line for line in clean(self.content).split("\n"))


class SourceBlock(TextBlock):
    """Lines of a source: *first* is the number of the first, *current* that of the one at fault.

    *columns* are where in that line the fault begins and ends, if it is known; from 0.
    """

    def __init__(
        self, lines: Iterable[str], first: int, current: int, columns: tuple[int, int] | None = None
    ) -> None:
        self.lines, self.first = [line.rstrip("\r\n") for line in lines], first
        self.current, self.columns = current, columns

    def _cleaned_lines(self, clean: CleanText) -> Iterator[tuple[int, str, Any]]:
        """Yield number and text of each line, and the columns of the one at fault."""
        for number, line in enumerate(self.lines, self.first):
            text = clean(line)
            # Where cleaning moved the text, the columns fit no longer.
            fits = number == self.current and text == line and max(self.columns or (999,)) < 500
            yield number, text[:500], self.columns if fits else None

    def html(self, clean: CleanText) -> str:
        shown = []
        for number, line, columns in self._cleaned_lines(clean):
            start, end = columns or (0, 0)
            pieces = [escape_html(p) for p in (line[:start], line[start:end], line[end:])]
            code = f"{pieces[0]}<u>{pieces[1]}</u>{pieces[2]}" if columns else pieces[2]
            tag = "mark" if number == self.current else "span"
            number_text = f"<span class=number>{number:>4}  </span>"
            shown.append(f"<{tag} class=line>{number_text}{code}\n</{tag}>")
        return f"<pre tabindex=0><code>{''.join(shown)}</code></pre>"

    def text(self, clean: CleanText) -> str:
        shown = []
        for number, line, columns in self._cleaned_lines(clean):
            arrow = ">" if number == self.current else " "
            shown.append(f"  {arrow}{number:>5} | {line}".rstrip())
            if columns is not None:
                indent = re.sub(r"[^\t]", " ", line[: columns[0]])
                shown.append(f"         | {indent}{'^' * max(1, columns[1] - columns[0])}")
        return "\n".join(shown)


class TableBlock(TextBlock):
    """Names and values."""

    def __init__(self, rows: Iterable[tuple[str, str]]) -> None:
        self.rows = list(rows)

    def html(self, clean: CleanText) -> str:
        cells = [[escape_html(clean(cell)) for cell in row] for row in self.rows]
        return f"<dl>{''.join(f'<dt>{name}</dt><dd>{value}</dd>' for name, value in cells)}</dl>"

    def text(self, clean: CleanText) -> str:
        return "\n".join(f"    {clean(name)} = {clean(value)}" for name, value in self.rows)

    def data(self, clean: CleanText) -> Any:
        return {clean(name): clean(value) for name, value in self.rows}


class FoldBlock(TextBlock):
    """Blocks behind a *summary*; the HTML shows them at once if it *is_open*.

    *kind* is CSS classes. Of a closed one that is a "frame" plain text has the summary alone.
    """

    def __init__(
        self, summary: str, blocks: list[Any], is_open: bool = False, kind: str = ""
    ) -> None:
        self.summary, self.blocks, self.is_open, self.kind = summary, blocks, is_open, kind

    def html(self, clean: CleanText) -> str:
        inner = "".join(block.html(clean) for block in self.blocks)
        start = f'<details class="{self.kind}"{" open" if self.is_open else ""}>'
        return f"{start}<summary>{escape_html(clean(self.summary))}</summary>{inner}</details>"

    def text(self, clean: CleanText) -> str:
        shown = self.blocks if self.is_open or not self.kind.startswith("frame") else []
        return "\n".join([clean(self.summary), *(block.text(clean) for block in shown)])


class TeachingPage:
    """What is said about an error: *code* and *name* of the status, one sentence, then sections.

    *secrets* are texts that must not be seen anywhere on the page. Most likely fixes come first in
    HTML and last in plain text, where a terminal shows the end.

    >>> page = TeachingPage(404, "Not Found", "Nothing is at `/abuot`.")
    >>> page.add_fix("Did you mean `/about`?")
    >>> print(page.as_text())
    404 Not Found
    Nothing is at `/abuot`.
    <BLANKLINE>
    Most likely fix
    ---------------
    Did you mean `/about`?
    <BLANKLINE>
    """

    def __init__(
        self,
        code: int = 500,
        name: str = "Internal Server Error",
        description: str = "",
        secrets: Iterable[str] = (),
    ) -> None:
        self.code, self.name, self.description = code, name, description
        self.secrets = set(secrets)
        self.title = ""
        self.sections: list[tuple[str, list[TextBlock]]] = []
        self.fixes: list[TextBlock] = []
        # The exception that the page is about already.
        self.subject: BaseException | None = None

    def add(self, heading: str, *blocks: TextBlock) -> None:
        """Add a section."""
        self.sections.append((heading, list(blocks)))

    def add_fix(self, text: str, code: str = "") -> None:
        """Add what most likely helps, with *code* to paste."""
        self.fixes += [TextBlock(text), CodeBlock(code)] if code else [TextBlock(text)]

    def clean(self, text: str) -> str:
        """Return *text* without this page's secrets and without control characters."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            # Short ones would tear other words apart: they are masked where they stand in quotes.
            for form in (secret, repr(secret)[1:-1]) if len(secret) > 5 else (repr(secret),):
                text = text.replace(form, SECRET_MASK)
        return escape_controls(text)

    def _parts(self, fix_first: bool) -> list[tuple[str, list[TextBlock]]]:
        fixes = [("Most likely fix", self.fixes)] if self.fixes else []
        parts = fixes + self.sections if fix_first else self.sections + fixes
        return [(self.clean(name), blocks) for name, blocks in parts]

    def as_text(self) -> str:
        """Return the page as plain text."""
        title = f": {self.clean(self.title)}" if self.title else ""
        parts = [f"{self.code} {self.name}{title}"]
        parts += [self.clean(self.description), ""] if self.description else [""]
        for name, blocks in self._parts(fix_first=False):
            parts += [name, "-" * len(name), *(block.text(self.clean) for block in blocks), ""]
        return "\n".join(parts)

    def as_json(self) -> str:
        """Return the page as an object with ``code``, ``name``, ``description``, ``details``.

        ImportError where Python came without `json`; `answer` gives plain text then.
        """
        from json import dumps

        parts = self._parts(fix_first=False)
        details = {name: [block.data(self.clean) for block in blocks] for name, blocks in parts}
        said = self.clean(": ".join(filter(None, [self.title, self.description])))
        page = {"code": self.code, "name": self.name, "description": said, "details": details}
        return dumps(page, indent=2)

    def as_html(self, nonce: str) -> str:
        """Return the page as HTML whose style and script bear the *nonce* of its CSP."""
        sections = []
        for number, (name, blocks) in enumerate(self._parts(fix_first=True)):
            kind = "fix" if blocks is self.fixes else ""
            heading = f'<h2 id="s{number}">{escape_html(name)}</h2>'
            sections.append(f'<section class="{kind}" aria-labelledby="s{number}">{heading}')
            sections += [*(block.html(self.clean) for block in blocks), "</section>"]
        status = f"{self.code} {escape_html(self.name)}"
        return _PAGE_HTML.format(
            nonce=nonce,
            style=_PAGE_STYLE,
            script=_COPY_SCRIPT,
            above=f"<p class=status>{status}</p>" if self.title else "",
            title=escape_html(self.clean(self.title)) or status,
            lead=TextBlock(self.description).html(self.clean),
            sections="".join(sections),
            text=escape_html(self.as_text()),
            python=f"{sys.version.split()[0]} on {sys.platform}",
        )

    def answer(self, accept: str) -> tuple[list[tuple[str, str]], bytes]:
        """Return the header fields and the body, in the form that an Accept header prefers."""
        form, nonce, text = preferred_page_form(accept), os.urandom(16).hex(), ""
        if form == "text/html; charset=utf-8":
            text = self.as_html(nonce)
        elif form == "application/json":
            try:
                text = self.as_json()
            except ImportError:
                form = _FORM_OF_TYPE["text/plain"]
        text = text or self.as_text()
        data = text.encode("utf-8", "backslashreplace")
        policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        allowed = f"style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'"
        return [
            ("Content-Type", form),
            ("Content-Length", str(len(data))),
            ("Cache-Control", "no-store"),
            ("Vary", "Accept"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Content-Security-Policy", f"{policy}; {allowed}"),
        ], data


def preferred_page_form(accept: str) -> str:
    """Return the Content-Type of the form that an Accept header prefers (RFC 9110 §12.5.1): plain
    text for who names no type.

    >>> preferred_page_form("text/html,*/*;q=0.8"), preferred_page_form("*/*")
    ('text/html; charset=utf-8', 'text/plain; charset=utf-8')
    """
    best, chosen = 0.0, _FORM_OF_TYPE["text/plain"]
    for item in accept.split(",")[:50]:
        name, *parameters = item.split(";")
        name = name.strip(" \t").lower()
        form = _FORM_OF_TYPE.get("application/json" if name.endswith("+json") else name)
        qualities = [float(q[1]) for q in map(_ACCEPT_QUALITY_RE.fullmatch, parameters) if q]
        if form is not None and (qualities or [1.0])[0] > best:
            best, chosen = (qualities or [1.0])[0], form
    return chosen

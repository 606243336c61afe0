"""The names of ``flask.typing``: what hooks, views and their answers are, for annotations."""

from __future__ import annotations

from typing import Any, Callable, Union

HeaderName = str
ResponseHeaderValue = Union[str, "list[str]", "tuple[str, ...]"]
HeadersValue = Any
ResponseValue = Any
ResponseReturnValue = Any
AppOrBlueprintKey = Union[str, None]
RouteCallable = Callable[..., Any]
AfterRequestCallable = Callable[[Any], Any]
BeforeFirstRequestCallable = Callable[[], Any]
BeforeRequestCallable = Callable[[], Any]
ErrorHandlerCallable = Callable[[Any], Any]
ShellContextProcessorCallable = Callable[[], "dict[str, Any]"]
TeardownCallable = Callable[[Any], Any]
TemplateContextProcessorCallable = Callable[[], "dict[str, Any]"]
TemplateFilterCallable = Callable[..., Any]
TemplateGlobalCallable = Callable[..., Any]
TemplateTestCallable = Callable[..., bool]
URLDefaultCallable = Callable[[str, "dict[str, Any]"], None]
URLValuePreprocessorCallable = Callable[[Any, Any], None]

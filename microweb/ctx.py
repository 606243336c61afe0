"""Flask's import path for contexts: ``from microweb.ctx import has_request_context``."""

from __future__ import annotations

from .context import AppContextGlobals as AppContextGlobals
from .context import Context as Context
from .context import has_app_context as has_app_context
from .context import has_request_context as has_request_context
from .helpers import after_this_request as after_this_request
from .helpers import copy_current_request_context as copy_current_request_context

# One class is both here: an application context is one without a request.
AppContext = RequestContext = Context

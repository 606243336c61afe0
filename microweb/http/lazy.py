"""Attributes that are computed when first read.

Law of this module: the value is put into the instance's ``__dict__``, where Python finds it before
it looks at the class again, so that the second read costs nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Type checkers know this one, and how its values are typed.
    from functools import cached_property as cached_property
else:

    class cached_property:  # noqa: N801 - the documented name
        """A method as an attribute that is computed once per instance.

        ``functools.cached_property`` takes a lock for each first read before Python 3.12; an
        object that one request owns needs none. Assigning or deleting works as on any attribute.

        >>> from microweb.http.lazy import cached_property
        >>> class Page:
        ...     @cached_property
        ...     def size(self):
        ...         print("computing")
        ...         return 3
        >>> page = Page()
        >>> page.size, page.size
        computing
        (3, 3)
        """

        def __init__(self, func):
            self.func = func
            self.name = func.__name__
            self.__doc__ = func.__doc__

        def __set_name__(self, owner, name):
            self.name = name

        def __get__(self, instance, owner=None):
            if instance is None:
                return self
            value = instance.__dict__[self.name] = self.func(instance)
            return value

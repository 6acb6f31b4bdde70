"""Arguments of another type than a function takes: refused in one line."""

from __future__ import annotations

import reprlib
from typing import Any

_short = reprlib.Repr()
_short.maxstring = _short.maxother = 60


def shown(value: object) -> str:
    """A value as errors show it: in one line, and no long one.

    Args:
        value: of any type.

    Returns:
        Its repr, shortened; of an array, its shape.

    Examples:
        >>> shown([1, 2])
        '[1, 2]'
    """
    if shape := getattr(value, "shape", None):
        return f"an array of shape {tuple(shape)}"
    return " ".join(_short.repr(value).split())


class FieldError(ValueError):
    """A field, or an option by its name, whose value will not do.

    Args:
        field: its name.
        value: that was given.
        remedy: what would do.

    Examples:
        >>> raise FieldError("size", 0, "a whole number from 32")
        Traceback (most recent call last):
        tfnst.arguments.FieldError: size is 0; use a whole number from 32
    """

    def __init__(self, field: str, value: object, remedy: str) -> None:
        super().__init__(f"{field} is {value!r}; use {remedy}")
        self.field, self.value, self.remedy = field, value, remedy


def require(name: str, value: object, kinds: Any, remedy: str) -> None:
    """Refuse a value of another type.

    Args:
        name: what the error calls the argument.
        value: that was given.
        kinds: the type or types that will do, as `isinstance` takes them.
        remedy: what to give.

    Raises:
        ValueError: a value of none of these types.

    Examples:
        >>> require("layers", None, tuple, "a tuple of names")
        Traceback (most recent call last):
        ValueError: layers is None; give a tuple of names
    """
    if not isinstance(value, kinds):
        raise ValueError(f"{name} is {shown(value)}; give {remedy}")

"""Frozen dataclasses whose fields are checked by their types, with errors of one line."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import AfterValidator, ConfigDict, Field, InstanceOf, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from tfnst.arguments import FieldError

_Self = TypeVar("_Self", bound="Checked")
STRICT = ConfigDict(strict=True, allow_inf_nan=False, arbitrary_types_allowed=True)
UNIONS = (Union, UnionType)


class Checked:
    """Base of frozen dataclasses: a value that its field's type refuses is a ValueError.

    Types are pydantic's, taken strictly: no text is a number, no fraction a whole one, no number is
    infinite; but NumPy's are numbers. The error names field, value and what would do: the field's
    `description`, or what its type and range say.
    """

    def __new__(cls: type[_Self], *_: Any, **values: Any) -> _Self:
        """Python's own error for another name, with the names that there are."""
        kind: Any = cls
        names = [field.name for field in fields(kind)]
        if unknown := sorted(set(values) - set(names)):
            text = f"{', '.join(map(repr, unknown))}: {cls.__name__} has {', '.join(names)}"
            raise TypeError(text)
        return super().__new__(cls)

    def __post_init__(self) -> None:
        kind: Any = type(self)
        for name, (adapter, _) in _checks(kind).items():
            try:
                value = adapter.validate_python(_plain(getattr(self, name)))
            except ValidationError:
                raise self.refusal(name) from None
            object.__setattr__(self, name, value)

    def refusal(self, name: str) -> ValueError:
        """The error that refuses the value of a field."""
        kind: Any = type(self)
        return FieldError(name, getattr(self, name), _checks(kind)[name][1])


def each_once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same values, one or more; ValueError where there is none, or two are alike."""
    if not values or len(set(values)) < len(values):
        raise ValueError("there is none, or one is there twice")
    return values


Layers = Annotated[
    tuple[str, ...],
    AfterValidator(each_once),
    Field(description="a tuple of one or more layer names, each once"),
]


def restored(kind: Any, value: Any) -> Any:
    """A value of that type from what JSON made of it: a dataclass from a dict, a tuple from a list.

    Raises ValueError for names that a dataclass lacks, or that are missing.
    """
    for option in get_args(kind) if get_origin(kind) in UNIONS else (kind,):
        if is_dataclass(option) and isinstance(value, dict):
            return _restored_dataclass(option, value)
        if get_origin(option) is tuple and isinstance(value, list):
            return tuple(restored(get_args(option)[0], item) for item in value)
    return value


def _restored_dataclass(kind: Any, values: dict[str, Any]) -> Any:
    kinds = get_type_hints(kind)
    if unknown := sorted(set(values) - set(kinds)):
        raise ValueError(
            f"{', '.join(map(repr, unknown))}: unknown to this version of {kind.__name__}"
        )
    for field in fields(kind):
        if field.default is MISSING and field.name not in values:
            raise ValueError(f"it has no {field.name!r}")
    return kind(**{name: restored(kinds[name], value) for name, value in values.items()})


@functools.cache
def _checks(kind: Any) -> dict[str, tuple[TypeAdapter[Any], str]]:
    """What checks each field, and what to say would do."""
    hints = get_type_hints(kind, include_extras=True)
    checked = {field.name: hints[field.name] for field in fields(kind)}
    return {
        name: (_adapter(hint), _remedy(FieldInfo.from_annotation(hint)))
        for name, hint in checked.items()
    }


def _adapter(hint: Any) -> TypeAdapter[Any]:
    if is_dataclass(hint):  # which checked its own fields
        return TypeAdapter(InstanceOf[hint])
    return TypeAdapter(hint, config=STRICT)


def _remedy(field: FieldInfo) -> str:
    if field.description:
        return field.description
    if get_origin(field.annotation) is Literal:
        return f"one of {', '.join(map(str, get_args(field.annotation)))}"
    if get_origin(field.annotation) in UNIONS:
        options = map(FieldInfo.from_annotation, get_args(field.annotation))
        return " or ".join(map(_remedy, options))
    nouns: dict[Any, str] = {
        bool: "True or False",
        int: "a whole number",
        float: "a number",
        str: "a text",
        NoneType: "None",
    }
    noun = nouns.get(field.annotation, f"a {getattr(field.annotation, '__name__', 'value')}")
    limits = {
        name: limit
        for constraint in field.metadata
        for name in ("multiple_of", "ge", "gt", "le")
        if (limit := getattr(constraint, name, None)) is not None
    }
    if "multiple_of" in limits:
        noun = f"a multiple of {limits['multiple_of']}"
    words = {"ge": "from", "gt": "above", "le": "to"}
    return " ".join([noun, *(f"{words[name]} {limits[name]}" for name in words if name in limits)])


def _plain(value: Any) -> Any:
    """The value with Python's numbers in place of NumPy's."""
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    return value.item() if getattr(value, "shape", None) == () else value

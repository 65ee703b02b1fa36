"""Frozen values as JSON, and back: dataclasses of texts, numbers, tuples and mappings."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


def to_json(value: Any) -> Any:
    """Return a frozen value as `json` writes it."""
    return dataclasses.asdict(value)


def from_json(kind: type[T], value: Any) -> T:
    """Return the value of a type that `to_json` gave. Raises TypeError, ValueError or KeyError."""
    return cast("T", _thawed(kind, value))


def _thawed(kind: Any, value: Any) -> Any:
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        fields = dataclasses.fields(kind)
        return cast("Any", kind)(
            **{field.name: _thawed(hints[field.name], value[field.name]) for field in fields}
        )
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        (inner,) = (each for each in arguments if each is not NoneType)
        return None if value is None else _thawed(inner, value)
    if origin is tuple:
        return tuple(_thawed(arguments[0], each) for each in value)
    if origin is Mapping:
        return {name: _thawed(arguments[1], each) for name, each in value.items()}
    if not isinstance(value, kind):
        raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")
    return value

"""What all kinds of values in a flow file have in common.

A kind is a text or a number that knows what it means (a step's name, a duration) and
where it stands in the file. A model says which kind each of its keys has, pydantic
reads by it, and whoever walks over the finished model finds every kind again, with its
place: that is all that the checker needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    ModelWrapValidatorHandler,
    PrivateAttr,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from ivrflow.flow.source import NOWHERE, Items, Mark, Scalar, place_of

BAD_VALUE = "F014"
"""A value that its kind can't read."""

WRONG_SHAPE = "F013"
"""A table where a value belongs, a value where a table belongs, and so on."""


def bad(code: str, message: str, at: Mark | None = None) -> PydanticCustomError:
    """An error for pydantic to collect. *at* is None where the value itself stands."""
    # Braces would be taken for fields of pydantic's template, so the message is one.
    return PydanticCustomError(code, "{message}", {"message": message, "at": at})


def called(value: object) -> str:
    """What an author calls *value*."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list"
    return f"{str(value)!r}"


class Kind:
    """Base of the kinds; mixed into str, float or int."""

    at: Mark = NOWHERE
    what: ClassVar[str] = "a value"
    """What the message calls it, with its article."""
    pattern: ClassVar[str] = ""
    """What a written text must match, for those who can't call `read`; "": anything."""
    examples: ClassVar[tuple[str | int, ...]] = ()
    """Values as an author may write them."""

    @classmethod
    def read(cls, value: Scalar) -> Self:
        """Read it as it was written; raise `bad`."""
        raise NotImplementedError

    @classmethod
    def schema(cls) -> dict[str, Any]:
        """The JSON Schema (draft-07) of what may be written.

        A text may look like a number or a yes to YAML: it is read as it was written.
        """
        if cls.pattern:
            return {"type": ["string", "integer"], "pattern": f"^(?:{cls.pattern})$"}
        return {"type": ["string", "number", "boolean"]}

    @classmethod
    def validate(cls, value: object) -> Self:
        """Read a value of a file, or take one that was made already."""
        if isinstance(value, cls):
            return value
        if isinstance(value, Scalar):
            if not value and value.plain:
                raise bad(WRONG_SHAPE, f"nothing stands here; {cls.what} is wanted")
            return cls.read(value)
        if isinstance(value, bool | Mapping | list | tuple) or value is None:
            raise bad(WRONG_SHAPE, f"{cls.what} is wanted here, not {called(value)}")
        return cls.read(Scalar(str(value)))

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(cls.validate)


class Written(Kind, str):
    """A kind that is a text."""

    def __new__(cls, text: str, at: Mark = NOWHERE) -> Self:
        self = super().__new__(cls, text)
        self.at = at
        return self


@dataclass(frozen=True, slots=True)
class Or:
    """Tells which other form a `BeforeValidator` beside it takes, for the schema.

    *form* is a type; None: one item of the list may stand alone.
    """

    form: Any = None


class Part(BaseModel):
    """Base of the tables inside a file: frozen, with a place, no unknown key.

    A class that sets `short` may also be written as one value: it fills that key.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)

    short: ClassVar[str] = ""
    # A factory, since pydantic copies a default deeply for every instance.
    _at: Mark = PrivateAttr(default_factory=lambda: NOWHERE)

    @property
    def at(self) -> Mark:
        """Where it begins in its file."""
        return self._at

    @model_validator(mode="wrap")
    @classmethod
    def _keep_place(cls, value: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        if cls.short and not isinstance(value, Mapping | Items | cls):
            value_at = place_of(value)
            part = read({cls.short: value})
        else:
            value_at = place_of(value)
            part = read(value)
        part._at = value_at
        return part


class Named(Part):
    """A part that stands in its file under a name."""

    _name: str = ""

    @property
    def name(self) -> str:
        """The key under which it stands in its file."""
        return self._name

    def named(self, name: str) -> Self:
        """The same part, which now knows its name."""
        self._name = str(name)
        return self


@cache
def _keys(model: type[BaseModel]) -> tuple[tuple[str, str], ...]:
    """The fields of a model, each with the key that is written for it."""
    return tuple(
        (name, info.alias or name) for name, info in model.model_fields.items()
    )


def walk(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Kind]]:
    """Find every kind inside *value*, keys of tables too, with the way to it.

    The way is dotted ("keys.1.then"); list items count from 0.
    """
    if isinstance(value, Kind):
        yield ".".join(path), value
    elif isinstance(value, BaseModel):
        for name, key in _keys(type(value)):
            inside = getattr(value, name)
            if inside is not None:
                yield from walk(inside, (*path, key))
    elif isinstance(value, str | int | float):
        return  # what needs no place; asked first, as a Mapping is slow to tell
    elif isinstance(value, Mapping):
        for key, inside in value.items():
            if isinstance(key, Kind):
                yield ".".join((*path, str(key))), key
            yield from walk(inside, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for number, inside in enumerate(value):
            yield from walk(inside, (*path, str(number)))

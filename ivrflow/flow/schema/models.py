"""From a model to a schema: what may stand under each key, in an editor's language.

A value that may be written in several shapes (`1: balance`, or `1: {then: balance}`)
becomes an `anyOf` of its shapes, which is what editors complete by, in which a table
counts as good whatever is in it; what is in it is said by an `if` beside it, so that a
message is about the key that is wrong and not about all shapes at once.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, WithJsonSchema
from pydantic.fields import FieldInfo

from ivrflow.flow.kind import Kind, Or, Part
from ivrflow.flow.kinds import Key, Number, PromptName, Sayable
from ivrflow.flow.schema.names import Known

Schema = dict[str, Any]

ONE_WORD = PromptName.pattern


class Models:
    """Makes the schema of one file; what several keys need is defined once.

    *known* are the site's own names, for each kind that names something.
    """

    def __init__(self, known: Known) -> None:
        self._known = known
        self._made: dict[type[BaseModel], str] = {}
        self.definitions: dict[str, Schema] = {}

    # What a key may hold --------------------------------------------------------------

    def field(self, info: FieldInfo) -> Schema:
        """What may stand under a key, with what it is for."""
        annotation: Any = info.annotation
        if info.metadata:
            annotation = Annotated[annotation, *info.metadata]
        extra = _extra(info)
        # Where a name is given to something, it is not one of those there are.
        models = Models({}) if "declares" in extra else self
        schema = models.value(annotation)
        if also := extra.get("also"):
            schema = {"anyOf": [schema, {"enum": also}]}
        told = {"description": description(info), **_default(info)}
        # Where the names are known, an example of a name would only be in the way.
        if not self._offers(schema):
            examples = info.examples or _examples(annotation)
            told |= {"examples": examples} if examples else {}
        # Beside a reference this is no rule, only what is told: nothing ignores it.
        return {**told, **schema}

    def value(self, annotation: Any) -> Schema:
        """What may be written for a value of this type."""
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            return self._annotated(arguments[0], arguments[1:])
        if origin in (Union, types.UnionType):
            shapes = [self.value(one) for one in arguments if one is not type(None)]
            return shapes[0] if len(shapes) == 1 else {"anyOf": shapes}
        if origin is Literal:
            return {"enum": list(arguments)}
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return self.mapping(*arguments)
        if origin in (list, tuple):
            return {"type": "array", "items": self.value(arguments[0])}
        if isinstance(annotation, type) and issubclass(annotation, Kind):
            return self._kind(annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return self.model(annotation)
        return {}

    def _annotated(self, base: Any, metadata: tuple[Any, ...]) -> Schema:
        for one in metadata:
            if isinstance(one, WithJsonSchema):
                return dict(one.json_schema or {})
        whole = self.value(base)
        for one in metadata:
            if least := getattr(one, "min_length", None):
                whole["minItems"] = least
            if isinstance(one, Or):
                other = whole["items"] if one.form is None else self.value(one.form)
                return either(whole, other, table=_is_table(one.form))
        return whole

    def mapping(self, keys: Any, values: Any) -> Schema:
        """A table whose keys are not known before: names, telephone keys, days."""
        written = keys.schema() if issubclass(keys, Kind) else {}
        inside = self.value(values)
        known = self._known.get(keys, ())
        if issubclass(keys, Key):
            known = (*"0123456789", "star", "hash")
        schema: Schema = {"type": "object", "additionalProperties": inside}
        if known:
            schema["properties"] = dict.fromkeys(known, inside)
        if pattern := written.get("pattern"):
            # An editor would else offer a key that is called "property".
            schema["propertyNames"] = {"pattern": pattern, "doNotSuggest": True}
        return schema

    def _kind(self, kind: type[Kind]) -> Schema:
        """A value that is a text or a number; of a name, one of those there are."""
        names = self._known.get(kind)
        if names is None and issubclass(kind, Sayable):
            names = self._known.get(PromptName)
            if names is not None:
                return self._defined("Sayable", _sayable(names))
        if names is None:
            return kind.schema()
        schema: Schema = {"enum": list(names)}
        if "${" in kind.pattern.replace("\\", ""):
            by_data = {"type": "string", "pattern": r"\$\{"}
            schema = {"anyOf": [schema, by_data]}
        return self._defined(kind.__name__, schema)

    def _defined(self, name: str, schema: Schema) -> Schema:
        self.definitions.setdefault(name, schema)
        return {"$ref": f"#/definitions/{name}"}

    def _offers(self, schema: Schema) -> bool:
        """True if the schema itself says which values there are."""
        if "$ref" in schema:
            schema = self.definitions[schema["$ref"].rpartition("/")[2]]
        return "enum" in schema or any(map(self._offers, schema.get("anyOf", ())))

    # Tables ---------------------------------------------------------------------------

    def model(self, model: type[BaseModel]) -> Schema:
        """A table with fixed keys, or the one value that is short for it."""
        name = self._made.get(model)
        if name is None:
            name = model.__name__
            if name in self.definitions:
                name = f"{model.__module__.rpartition('.')[2]}.{name}"
            self._made[model] = name
            self.definitions[name] = {}  # a model may hold itself
            self.definitions[name] = self.table(model)
        whole = {"$ref": f"#/definitions/{name}"}
        short = getattr(model, "short", "")
        if not (issubclass(model, Part) and short):
            return whole
        info = next(
            info
            for key, info in model.model_fields.items()
            if short in (key, info.alias)
        )
        return either(whole, self.value(info.annotation))

    def table(self, model: type[BaseModel]) -> Schema:
        """A table with the keys of *model* and no others."""
        fields = model.model_fields
        schema: Schema = {
            "type": "object",
            "description": prose(model),
            "properties": {
                key_of(name, info): self.field(info)
                for name, info in fields.items()
                if "beside" not in _extra(info)
            },
            "additionalProperties": False,
        }
        required = [key_of(n, info) for n, info in fields.items() if info.is_required()]
        if required:
            schema["required"] = required
        for info in fields.values():
            if "beside" in _extra(info):
                # What the other keys hold is said above: they are none of these.
                others = "|".join(map(re.escape, schema["properties"]))
                beside = self.value(info.annotation)
                pattern = beside["propertyNames"]["pattern"].removeprefix("^")
                schema["patternProperties"] = {
                    f"^(?!(?:{others})$){pattern}": beside["additionalProperties"]
                }
        return schema


def either(whole: Schema, alone: Schema, *, table: bool = False) -> Schema:
    """A list or a table, or the one value that may stand for it.

    *table* says that this one value is a table.
    """
    shape = "array" if whole.get("type") == "array" else "object"
    if table:
        both = {"type": [shape, "object"]}
        return {**both, "if": {"type": shape}, "then": whole, "else": alone}
    return {
        "anyOf": [alone, {"type": shape}],
        "if": {"type": shape},
        "then": whole,
    }


def _is_table(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _sayable(prompts: tuple[str, ...]) -> Schema:
    """A prompt that there is; or a text, which is anything but one lower-case word."""
    text = {"type": ["string", "number"], "not": {"pattern": f"^{ONE_WORD}$"}}
    return {"anyOf": [{"enum": list(prompts)}, text]}


# What is said about a key -------------------------------------------------------------


def key_of(name: str, info: FieldInfo) -> str:
    """The key as an author writes it."""
    return info.alias or name


def description(info: FieldInfo) -> str:
    """What the key is for."""
    return " ".join((info.description or "").split())


def prose(model: type[BaseModel]) -> str:
    """The docstring of a model, as one text of paragraphs."""
    paragraphs = (model.__doc__ or "").strip().split("\n\n")
    return "\n\n".join(" ".join(one.split()) for one in paragraphs)


def _extra(info: FieldInfo) -> Mapping[str, Any]:
    extra = info.json_schema_extra
    return extra if isinstance(extra, Mapping) else {}


def _default(info: FieldInfo) -> Schema:
    """The value that counts if the key is left out; nothing if there is none."""
    value = info.default
    if info.is_required() or info.default_factory is not None:
        return {}
    if value is None or value in ((), ""):
        return {}
    return {"default": written(value)}


def written(value: object) -> object:
    """A value as an author writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Number):
        return f"{value:g}"
    if isinstance(value, float):
        return f"{value:g}s"
    if isinstance(value, int):
        return int(value)
    return {"*": "star", "#": "hash"}.get(str(value), str(value))


def _examples(annotation: Any) -> list[Any]:
    """Values as an author may write them, from the kinds that the type is made of."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        others = [one.form for one in arguments[1:] if isinstance(one, Or) and one.form]
        found = [_examples(one) for one in (*others, arguments[0])]
        return [example for examples in found for example in examples]
    if origin in (Union, types.UnionType):
        return [e for one in arguments for e in _examples(one)]
    if origin is Literal:
        return list(arguments)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        key, value = _first(arguments[0]), _first(arguments[1])
        return [] if key is None or value is None else [{str(key): value}]
    if origin in (list, tuple):
        item = _first(arguments[0])
        return [] if item is None else [[item]]
    if isinstance(annotation, type) and issubclass(annotation, Kind):
        return list(annotation.examples)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return list(_of_table(annotation))
    return []


def _first(annotation: Any) -> Any:
    return next(iter(_examples(annotation)), None)


def _of_table(model: type[BaseModel]) -> Iterator[Any]:
    """The short form of a table; the table with the keys that must be there.

    Where none must, with the first one.
    """
    required = any(info.is_required() for info in model.model_fields.values())
    short = getattr(model, "short", "")
    shown: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        example = (info.examples or _examples(info.annotation) or [None])[0]
        if short in (name, info.alias) and short and example is not None:
            yield example
        needed = info.is_required() or not (required or shown)
        if needed and example is not None:
            shown[key_of(name, info)] = example
    if shown:
        yield shown

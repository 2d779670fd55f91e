"""The schema of each file of a site."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from pydantic import BaseModel

from ivrflow.flow.kind import Kind, Named
from ivrflow.flow.kinds import (
    FlowName,
    Plain,
    PromptName,
    SourceName,
    StepName,
    SwitchName,
    Target,
    TimetableName,
)
from ivrflow.flow.reference import FILES
from ivrflow.flow.schema.models import Models, Schema, either, key_of, prose
from ivrflow.flow.schema.names import Known, Names
from ivrflow.flow.site.numbers import Dialled
from ivrflow.flow.step import VERBS, Step
from ivrflow.prompts.read import VARIANTS

DRAFT = "http://json-schema.org/draft-07/schema#"

A_FLOW = "A flow"
"""The title of each flow's schema."""

FLOW = "flow"
PROMPTS = "prompts"
TESTS = "tests"

NAMED_BY: Mapping[str, type[Kind]] = {
    "numbers.yaml": Dialled,
    "hours.yaml": TimetableName,
    "switches.yaml": SwitchName,
    "data.yaml": SourceName,
    "wording.yaml": PromptName,
}
"""Files that are a table of entries -> what an entry's key is. The others are whole."""


@dataclass(frozen=True)
class TalkFile:
    """What a file of `tests/` holds; its models live in a room above this one."""

    talk: type[BaseModel]
    heard: type[Kind]
    """The kind that names a prompt, perhaps with its variant: `enter_pin.wrong`."""
    later: Iterable[str] = ()
    """Keys of a talk that are accepted and not built yet."""


def schemas(talks: TalkFile, names: Names | None = None) -> dict[str, Schema]:
    """Name of a schema -> schema, for every kind of file; see `globs`.

    With *names* the site's own names are the only ones that fit. Each flow then has a
    schema of its own, `flow-NAME`, and `flow` leads to it by the name in the file.
    """
    known = names.everywhere() if names else {}
    made: dict[str, Schema] = {}
    for file, (told, model) in FILES.items():
        stem = _stem(file)
        if stem == FLOW:
            made |= _flows(told, model, names)
        else:
            made[stem] = _entries(file, told, model, known)
    made[PROMPTS] = _prompts(known)
    made[TESTS] = _tests(talks, known)
    return made


def globs() -> dict[str, str]:
    """Name of a schema -> the files of a site that it is for."""
    found = {_stem(file): file for file in FILES}
    return {**found, PROMPTS: "prompts/*.yaml", TESTS: "tests/**/*.test.yaml"}


def _stem(file: str) -> str:
    path = PurePosixPath(file)
    return FLOW if path.parent.name else path.stem


def _whole(title: str, told: str, models: Models, schema: Schema) -> Schema:
    whole = {
        "$schema": DRAFT,
        "title": title,
        **schema,
        "description": told,
        "definitions": models.definitions,
    }
    return whole if models.definitions else {k: whole[k] for k in list(whole)[:-1]}


def _entries(file: str, told: str, model: type[BaseModel], known: Known) -> Schema:
    models = Models(known)
    if issubclass(model, Named):
        schema = models.mapping(NAMED_BY[file], model)
    else:
        schema = models.table(model)
    return _whole(file, told, models, schema)


# Flows --------------------------------------------------------------------------------


def _flows(told: str, head: type[BaseModel], names: Names | None) -> dict[str, Schema]:
    if names is None:
        return {FLOW: _flow(told, head, {})}
    made = {
        f"{FLOW}-{flow}": _flow(told, head, names.in_flow(flow)) for flow in names.steps
    }
    of_any = _flow(told, head, names.known)
    if not made:
        return {FLOW: of_any}
    # A flow that is being begun has a name that is not known yet: then it is any flow.
    return {
        FLOW: {
            "$schema": DRAFT,
            "title": of_any["title"],
            "description": told,
            "allOf": [
                *(_if_flow([flow], f"{FLOW}-{flow}.json#") for flow in names.steps),
                {
                    "if": {"not": _is_flow(list(names.steps))["if"]},
                    "then": {"$ref": f"{FLOW}-any.json#"},
                },
            ],
        },
        **made,
        f"{FLOW}-any": of_any,
    }


def _is_flow(flows: list[str]) -> Schema:
    return {"if": {"required": ["flow"], "properties": {"flow": {"enum": flows}}}}


def _if_flow(flows: list[str], schema: str) -> Schema:
    return {**_is_flow(flows), "then": {"$ref": schema}}


def _flow(told: str, head: type[BaseModel], known: Known) -> Schema:
    models = Models(known)
    schema = models.table(head)
    schema["properties"]["steps"] = {
        "description": head.model_fields["steps"].description,
        "type": "object",
        "minProperties": 1,
        "patternProperties": {f"^{StepName.pattern}$": {"$ref": "#/definitions/step"}},
        "additionalProperties": False,
        "examples": [{"welcome": {"say": "welcome"}}],
    }
    schema["required"] = [*schema.get("required", ()), "steps"]
    models.definitions["step"] = _step(models)
    return _whole(A_FLOW, told, models, schema)


def _step(models: Models) -> Schema:
    """A step: which verb it has says what else may stand there."""
    rules: list[Schema] = []
    verbs: Schema = {}
    for verb, step in sorted(VERBS.items()):
        name = f"step-{verb}"
        models.definitions[name] = models.table(step)
        models.definitions[name]["title"] = verb
        verbs[verb] = {
            "description": prose(step),
            **_without_told(models.definitions[name]["properties"][verb]),
        }
        there: Schema = {"required": [verb]}
        # Some verbs are keys of others too: a menu has a `wait`.
        if others := [v for v, one in VERBS.items() if v != verb and verb in keys(one)]:
            there["not"] = {"anyOf": [{"required": [other]} for other in others]}
        rules.append({"if": there, "then": {"$ref": f"#/definitions/{name}"}})
    none_there = {"not": {"anyOf": [{"required": [verb]} for verb in sorted(VERBS)]}}
    models.definitions["verb"] = {
        "type": "object",
        "description": "A step has one verb.",
        "properties": verbs,
        "additionalProperties": False,
        "minProperties": 1,
    }
    rules.append({"if": none_there, "then": {"$ref": "#/definitions/verb"}})
    return {"type": "object", "description": "A step.", "allOf": rules}


def keys(step: type[Step]) -> list[str]:
    """The keys that a step of this verb may have."""
    return [key_of(name, info) for name, info in step.model_fields.items()]


def _without_told(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key != "description"}


# Prompts and talks --------------------------------------------------------------------


def _prompts(known: Known) -> Schema:
    models = Models({})
    text = Plain.schema()
    several = {
        "type": "array",
        "description": "The same in several languages, one after the other.",
        "items": {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": text,
        },
        "examples": [[{"zh-CN": "中文请按一。"}, {"en": "For English, press two."}]],
    }
    sentence = either(several, text)
    targets = dict.fromkeys(known.get(Target, ()), text)
    variants = {
        "first": {"description": "What is said.", **sentence},
        "silent": {
            "description": "Said after silence; a list: one for each attempt.",
            **either({"type": "array"}, text),
        },
        "wrong": {
            "description": "Said after a wrong entry; a list: one for each attempt.",
            **either({"type": "array"}, text),
        },
        "choices": {
            "description": "Step -> the phrase for it; the key is added by itself.",
            "type": "object",
            "properties": targets,
            "additionalProperties": text,
            "examples": [{"opening_hours": "For our opening hours"}],
        },
    }
    table = {
        "type": "object",
        "description": "Words for the filter `word`: code -> what is said.",
        "properties": variants,  # none is there: an editor offers them, so to begin one
        "additionalProperties": text,
    }
    models.definitions["prompt"] = {
        "description": "A text; variants of it; or a table of words.",
        "examples": ["Welcome.", {"first": "Your number, please.", "wrong": "Again."}],
        **either(several, text),
    }
    prompt = models.definitions["prompt"]
    prompt["anyOf"] = [text, {"type": ["array", "object"]}]
    prompt["allOf"] = [
        {
            "if": {"type": "object", "anyOf": [{"required": [v]} for v in VARIANTS]},
            "then": {
                "properties": {name: variants[name] for name in VARIANTS},
                "additionalProperties": False,
            },
            "else": {"if": {"type": "object"}, "then": table},
        }
    ]
    schema = {
        "type": "object",
        "properties": {
            name: {"$ref": "#/definitions/prompt"} for name in known.get(PromptName, ())
        },
        "patternProperties": {
            "^[a-z][a-z0-9_]{0,63}$": {"$ref": "#/definitions/prompt"}
        },
        "additionalProperties": False,
    }
    told = "Every word that is said, in one language."
    return _whole("Prompts", told, models, schema)


def _tests(talks: TalkFile, known: Known) -> Schema:
    prompts = known.get(PromptName)
    if prompts is not None:
        variants = (f"{one}.{v}" for one in prompts for v in VARIANTS if v != "choices")
        known = {**known, talks.heard: (*prompts, *variants)}
    models = Models(known)
    talk = models.table(talks.talk)
    for key in talks.later:
        talk["properties"].setdefault(key, {"description": "Accepted; not built yet."})
    models.definitions["talk"] = talk
    flow = {"description": "The flow that is tested.", **models.value(FlowName)}
    flow.setdefault("examples", list(FlowName.examples))
    schema = {
        "type": "object",
        "properties": {TESTS: flow},
        "required": [TESTS],
        "additionalProperties": {"$ref": "#/definitions/talk"},
    }
    told = "Talks that must go as written: name -> talk."
    return _whole("Talks", told, models, schema)

"""Writes the `wire` package from Asterisk's own description of ARI.

Run it again when a new Asterisk has events or operations that we want:

    python -m ivrflow.asterisk.ari.generate /usr/share/asterisk/rest-api

The folder is the one that Asterisk's package installs. What comes out is committed, so
that nobody needs this to build or to read the project, and a test compares the two
where an Asterisk is at hand.
"""

from __future__ import annotations

import json
import keyword
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

WIRE = Path(__file__).parent / "wire"

HEADER = """\
{about}

Generated from Asterisk's description of ARI; don't edit. To write it again:
python -m ivrflow.asterisk.ari.generate /usr/share/asterisk/rest-api
"""

SIMPLE = {
    "string": "str",
    "int": "int",
    "long": "int",
    "boolean": "bool",
    "double": "float",
    "Date": "str",
    "containers": "Mapping[str, str]",
    "object": "dict[str, Any]",
    "binary": "bytes",
    "void": "None",
}

OBJECTS = {
    "Channel": "channel",
    "Bridge": "bridge",
    "Playback": "playback",
    "LiveRecording": "recording",
    "Endpoint": "endpoint",
    "DeviceState": "device state",
}
"""The models that live: handlers can be set on one of them alone."""

SKIPPED = {"eventWebsocket"}
"""Not a request: it opens the WebSocket."""

CROWDED = {"channels": ("media", ("play", "record", "moh", "silence", "snoop", "dtmf"))}
"""Resources too large for one module: the second one's name, and what goes there."""


def main(arguments: list[str]) -> int:
    """Write all modules. Return the exit code."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    api = read(Path(arguments[0]))
    for old in WIRE.glob("*.py"):
        if old.name not in ("__init__.py", "base.py"):
            old.unlink()
    written = [WIRE / f"{name}.py" for name in api]
    for path, source in zip(written, api.values(), strict=True):
        path.write_text(source)
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or "ruff"
    for step in ("check --select I,F,UP --fix", "format", "check"):
        subprocess.run([ruff, *step.split(), "--quiet", *written], check=True)
    return 0


def read(folder: Path) -> dict[str, str]:
    """Return the source of each module, by name, before it is formatted."""
    models: dict[str, dict[str, Any]] = {}
    resources: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for path in sorted(folder.glob("*.json")):
        described = json.loads(path.read_text())
        models |= described.get("models", {})
        if path.name == "resources.json":
            continue
        resources[snake(path.stem)] = [
            (api["path"], operation)
            for api in described["apis"]
            for operation in api["operations"]
            if operation["nickname"] not in SKIPPED
        ]
    parent = {
        child: name
        for name, model in models.items()
        for child in model.get("subTypes", [])
    }
    events = [n for n in models if "Message" in lineage(n, parent)]
    modules = {
        "models": data_module([n for n in models if n not in events], models, parent),
        "event_models": event_module(events, models, parent),
    }
    for name, operations in resources.items():
        modules |= operation_modules(name, operations)
    return modules


# Names and types ------------------------------------------------------------------


def snake(name: str) -> str:
    """`addChannel` -> `add_channel`, `sendDTMF` -> `send_dtmf`."""
    parts = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name.replace("-", "_"))
    return parts.lower()


def identifier(name: str) -> str:
    name = snake(name)
    return name + "_" if keyword.iskeyword(name) else name


def python_type(described: str, module: str = "") -> str:
    many = re.fullmatch(r"List\[(.+)\]", described)
    if many:
        return f"list[{python_type(many[1], module)}]"
    return SIMPLE.get(described) or module + described


def lineage(name: str, parent: Mapping[str, str]) -> list[str]:
    """The model and all that it inherits from, itself first."""
    found = [name]
    while found[-1] in parent:
        found.append(parent[found[-1]])
    return found


def docstring(text: str, indent: int) -> str:
    """Wrap *text* as a docstring, with the indentation of its own lines."""
    pad = " " * indent
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text)).strip()
    text = text.replace("\\", "\\\\").replace('"""', "'''") or "Not described."
    if not text.endswith((".", "!", "?")):
        text += "."
    if len(text) + indent + 6 <= 88:
        return f'{pad}"""{text}"""\n'
    lines = textwrap.wrap(text, 88 - indent - 6)
    return f'{pad}"""' + f"\n{pad}".join(lines) + f'\n{pad}"""\n'


# Data -----------------------------------------------------------------------------


def data_module(
    names: list[str], models: Mapping[str, Any], parent: Mapping[str, str]
) -> str:
    about = '"""What ARI\'s answers and events are made of.' + HEADER.format(about="")
    lines = [about.rstrip() + '\n"""\n\nfrom __future__ import annotations\n']
    lines.append("from typing import Any\n\nimport msgspec\n\n")
    lines.extend(structs(names, models, parent, ""))
    return "\n".join(lines)


def event_module(
    names: list[str], models: Mapping[str, Any], parent: Mapping[str, str]
) -> str:
    about = '"""The events that Asterisk sends.' + HEADER.format(about="")
    lines = [about.rstrip() + '\n"""\n\nfrom __future__ import annotations\n']
    lines.append("from typing import Any\n\nimport msgspec\n")
    lines.append("from ivrflow.asterisk.ari.wire import models\n\n")
    lines.extend(structs(names, models, parent, "models."))
    leaves = [n for n in names if not models[n].get("subTypes")]
    lines.append("AnyEvent = (" + " | ".join(leaves) + ")")
    lines.append('"""Whatever may arrive: decode into this."""\n')
    table = {
        kind: {
            name: fields
            for name in leaves
            if (fields := fields_of(name, model, models, parent))
        }
        for model, kind in OBJECTS.items()
    }
    lines.append(f"OBJECTS: dict[str, dict[str, tuple[str, ...]]] = {table!r}")
    lines.append('"""Kind of object -> type of event -> the fields that hold one."""\n')
    return "\n".join(lines)


def fields_of(
    name: str, model: str, models: Mapping[str, Any], parent: Mapping[str, str]
) -> tuple[str, ...]:
    """The fields of event *name* that hold a *model*."""
    return tuple(
        identifier(field)
        for ancestor in lineage(name, parent)
        for field, described in models[ancestor].get("properties", {}).items()
        if described["type"] == model
    )


def structs(
    names: list[str],
    models: Mapping[str, Any],
    parent: Mapping[str, str],
    module: str,
) -> Iterator[str]:
    done: set[str] = set()

    def one(name: str) -> Iterator[str]:
        if name in done or name not in names:
            return
        if name in parent:
            yield from one(parent[name])
        done.add(name)
        model = models[name]
        tagged = "Message" in lineage(name, parent)
        base = parent.get(name, "msgspec.Struct")
        options = ["frozen=True", "kw_only=True"]
        if name == "Message":
            options += ['tag_field="type"', "tag=True"]  # its name, and so all below
        yield f"class {name}({base}, {', '.join(options)}):"
        yield docstring(model.get("description", ""), 4)
        for field, described in model.get("properties", {}).items():
            if not (tagged and field == "type"):
                yield attribute(field, described, names, module)
        yield ""

    for name in names:
        yield from one(name)


def attribute(
    field: str, described: Mapping[str, Any], names: list[str], module: str
) -> str:
    """One field of a struct, with its name on the wire where it is another."""
    bare = re.sub(r"List\[(.+)\]", r"\1", described["type"])
    kind = python_type(described["type"], "" if bare in names else module)
    name, required = identifier(field), bool(described.get("required"))
    if not required:
        kind += " | None"
    settings = [f'name="{field}"'] if name != field else []
    if not required:
        settings.append("default=None")
    if name == field:
        return f"    {name}: {kind}" + ("" if required else " = None")
    return f"    {name}: {kind} = msgspec.field({', '.join(settings)})"


# Operations -----------------------------------------------------------------------


def operation_modules(
    resource: str, operations: list[tuple[str, dict[str, Any]]]
) -> Iterator[tuple[str, str]]:
    """The module, or two of them, with the class that holds the operations."""
    name = "".join(part.capitalize() for part in resource.split("_"))
    if resource not in CROWDED:
        yield resource, operation_module(name, "Operations", resource, operations)
        return
    second, words = CROWDED[resource]

    def aside(path: str) -> bool:
        return any(f"/{word}" in path for word in words)

    apart = [(p, o) for p, o in operations if aside(p)]
    rest = [(p, o) for p, o in operations if not aside(p)]
    base = name + second.capitalize()
    yield (
        f"{resource}_{second}",
        operation_module(base, "Operations", f"{resource}: {second}", apart),
    )
    yield (
        resource,
        operation_module(
            name, base, resource, rest, base_module=f"wire.{resource}_{second}"
        ),
    )


def operation_module(
    name: str,
    base: str,
    what: str,
    operations: list[tuple[str, dict[str, Any]]],
    base_module: str = "wire.base",
) -> str:
    resource, _, part = what.partition(": ")
    body = "\n".join(one_operation(path, o) for path, o in operations)
    about = f'"""The requests of ARI about {resource.replace("_", " ")}'
    about += f", those for {part}." if part else "."
    lines = [about + HEADER.format(about="").rstrip() + '\n"""\n']
    lines.append("from __future__ import annotations\n")
    if "builtins.list" in body:
        lines.append("import builtins")
    if wanted := [w for w in ("Mapping", "Sequence") if f"{w}[" in body]:
        lines.append(f"from collections.abc import {', '.join(wanted)}")
    if "Any]" in body:
        lines.append("from typing import Any")
    if "models." in body:
        lines.append("from ivrflow.asterisk.ari.wire import models")
    lines.append(f"from ivrflow.asterisk.ari.{base_module} import {base}")
    if "quoted(" in body:
        lines.append("from ivrflow.asterisk.ari.wire.base import quoted")
    lines.append(f"\n\nclass {name}({base}):")
    lines.append(docstring(f"What `client.{resource}` can do", 4))
    return "\n".join(lines) + "\n" + body


def one_operation(path: str, operation: Mapping[str, Any]) -> str:
    parameters = operation.get("parameters", [])
    in_path = re.findall(r"\{(\w+)\}", path)

    def needed(parameter: Mapping[str, Any]) -> bool:
        return bool(parameter.get("required")) or parameter["name"] in in_path

    def kind(parameter: Mapping[str, Any]) -> str:
        if parameter.get("allowMultiple"):
            return "Sequence[str]"
        found = python_type(parameter["dataType"])
        return "Mapping[str, Any]" if found.startswith("dict") else found

    signature = ["self"]
    signature += [
        f"{identifier(p['name'])}: {kind(p)}" for p in parameters if needed(p)
    ]
    optional = [
        f"{identifier(p['name'])}: {kind(p)} | None = None"
        for p in parameters
        if not needed(p)
    ]
    signature += ["*", *optional] if optional else []
    answer = python_type(operation["responseClass"], "models.")
    answer = answer.replace("list[", "builtins.list[")
    where = re.sub(r"\{(\w+)\}", lambda m: f"{{quoted({identifier(m[1])})}}", path)
    call = [f'"{operation["httpMethod"]}"', f'{"f" if in_path else ""}"{where}"']
    queries = [p["name"] for p in parameters if p["paramType"] == "query"]
    if queries:
        pairs = ", ".join(f'"{name}": {identifier(name)}' for name in queries)
        call.append(f"parameters={{{pairs}}}")
    for parameter in parameters:
        if parameter["paramType"] == "body":
            name = identifier(parameter["name"])
            # The other bodies stand inside a JSON object that bears their name.
            whole = name == "filter_" or name == "filter"
            call.append(f"body={name}" if whole else f'body={{"{name}": {name}}}')
    call.append(f"answer={'type(None)' if answer == 'None' else answer}")
    about = ". ".join(
        text.strip().rstrip(".")
        for text in (operation["summary"], operation.get("notes", ""))
        if text
    )
    returned = "" if answer == "None" else "return "
    return (
        f"    async def {identifier(operation['nickname'])}"
        f"({', '.join(signature)}) -> {answer}:\n"
        f"{docstring(about, 8)}"
        f"        {returned}await self._call({', '.join(call)})\n"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

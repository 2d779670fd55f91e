"""What an editor makes of a file: YAML 1.2's core schema, as JSON knows it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource

from ivrflow.flow.schema import Names, TalkFile, schemas
from ivrflow.flow.source import Items, Scalar, Table, read
from ivrflow.sim.rehearsal.model import LATER, Heard, Talk

WHOLE = re.compile(r"[-+]?[0-9]+")
REAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
CONSTANTS = {"null": None, "~": None, "": None, "true": True, "false": False}
"""In YAML 1.2 `yes` and `no` are texts. `True` and `NULL` are left out: nobody does."""


def as_an_editor_reads(text: str | bytes) -> Any:
    """The file's values; a file that YAML can't read fails."""
    value, problems = read(text, "file.yaml")
    assert not problems, problems
    return _core(value)


def _core(value: object) -> Any:
    if isinstance(value, Table):
        return {str(key): _core(inside) for key, inside in value.items()}
    if isinstance(value, Items):
        return [_core(inside) for inside in value]
    assert isinstance(value, Scalar)
    if not value.plain:
        return str(value)
    if value in CONSTANTS:
        return CONSTANTS[value]
    if WHOLE.fullmatch(value):
        return int(value)
    return float(value) if REAL.fullmatch(value) else str(value)


class Editor:
    """Knows the schemas, and says what an editor would mark."""

    def __init__(self, names: Names | None = None) -> None:
        made = schemas(TalkFile(Talk, Heard, LATER), names)
        # As they are written and read again, and nothing that JSON can't say.
        self.schemas = {name: json.loads(json.dumps(one)) for name, one in made.items()}
        registry: Registry[Any] = Registry().with_resources(
            (f"{name}.json", Resource.from_contents(one))
            for name, one in self.schemas.items()
        )
        self._validators = {
            name: Draft7Validator(one, registry=registry)
            for name, one in self.schemas.items()
        }

    def marks(self, name: str, text: str | bytes) -> str:
        """The most telling message about a file of this kind; "" if there is none."""
        found = self._validators[name].iter_errors(as_an_editor_reads(text))
        error = best_match(found)
        if error is None:
            return ""
        return f"{'.'.join(map(str, error.absolute_path))}: {error.message}"

    def marks_file(self, path: Path, site: Path) -> str:
        return self.marks(kind_of(path, site), path.read_bytes())


def kind_of(path: Path, site: Path) -> str:
    """The name of the schema that is for a file of *site*."""
    folder = path.relative_to(site).parts[0]
    by_folder = {"flows": "flow", "prompts": "prompts", "tests": "tests"}
    return by_folder.get(folder, path.stem)

"""Reads the settings, and says of each error where it is and what is wrong."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ivrflow.config.layers import BAD, Layers, layers_of, told
from ivrflow.config.settings import BadConfig, Settings
from ivrflow.config.shape import inside, keys_of
from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.source import Mark, Problem, Scalar, Table


def read_settings(path: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check the settings in *path*, its `conf.d/` and *environ*.

    None is the environment of this process. Raises `BadConfig` with all errors.
    """
    return read_layers(path, environ)[0]


def read_layers(
    path: Path, environ: Mapping[str, str] | None = None
) -> tuple[Settings, Layers]:
    """The same, with what was written where. Raises `BadConfig` with all errors."""
    layers = layers_of(path, os.environ if environ is None else environ)
    if layers.unread and len(layers.files) + len(layers.variables) == 0:
        raise BadConfig("\n".join((_unread(path, layers), *map(told, layers.problems))))
    if layers.problems:
        raise BadConfig("\n".join(map(told, layers.problems)))
    try:
        settings = Settings.model_validate(layers.value)
    except ValidationError as invalid:
        found = sorted(_problem(layers.value, error) for error in invalid.errors())
        first = [_unread(path, layers)] if layers.unread else []
        raise BadConfig("\n".join((*first, *map(told, found)))) from None
    settings.lie_in(path.absolute().parent)
    return settings, layers


def _unread(path: Path, layers: Layers) -> str:
    return (
        f"{path}: cannot read the settings: {layers.unread}; name the file with "
        "--config (`ivrflow new` makes run/ivrflow.yaml), or begin one with `ivrflow "
        "config default`"
    )


def _problem(value: Table, error: Any) -> Problem:
    """One error of pydantic with its place, in our words."""
    at, held = value.at, value
    way = [str(part) for part in error["loc"]]
    for part in way:
        if not isinstance(held, Table):
            break
        key = held.key(part)
        if key is None:
            break
        at, held = key.at, held[key]
    name = ".".join(way)
    said = {
        "missing": f"{name!r} is missing",
        "extra_forbidden": f"there is no setting {name!r}"
        + did_you_mean(way[-1], keys_of(inside(Settings, way[:-1]))),
    }
    message = said.get(error["type"], f"{name}: {error['msg']}")
    if error["type"] not in said and isinstance(held, Scalar):
        at = held.at
    placed: Mark = (error.get("ctx") or {}).get("at") or at
    return Problem(placed, BAD, message)

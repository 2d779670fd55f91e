"""Make a package for Debian out of a wheel: dist/ivrflow_VERSION_ARCHITECTURE.deb.

    python packaging/make_deb.py dist/ivrflow-0.1.0-py3-none-any.whl dist

It holds a virtual environment in /opt/ivrflow/.venv with all that ivrflow asks for, as
Debian has too little of it, and too old; of Debian it needs its Python alone, the one
that it was made with. So make it on the Debian that it is for. `make deb` runs it.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
DOCS = HERE.parent / "docs"
PYTHON = Path("/usr/bin/python3")
HOME = Path("opt/ivrflow/.venv")
"""Where the environment is, in the package as on the machine: the shipped unit names
it."""

CONTROL = """\
Package: ivrflow
Version: {version}
Architecture: {architecture}
Maintainer: the authors of ivrflow <ivrflow@localhost>
Section: comm
Priority: optional
Installed-Size: {size}
Depends: python3 (>= {python}), python3 (<< {next_python}), systemd
Recommends: asterisk
Description: call flows in YAML and a skill-based call distributor for Asterisk
 What callers hear, press and reach is written in YAML files that people who don't
 program can read, check and test. It runs beside Asterisk, and is driven through ARI.
"""


def main(wheel: Path, folder: Path) -> Path:
    """Make the package of *wheel* in *folder*; return its path."""
    with tempfile.TemporaryDirectory(prefix="ivrflow-deb-") as name:
        stage = Path(name) / "ivrflow"
        stage.mkdir(mode=0o755)
        environment(wheel, stage)
        beside(stage)
        version = control(stage, wheel)
        folder.mkdir(parents=True, exist_ok=True)
        made = folder / f"ivrflow_{version}_{architecture()}.deb"
        run("dpkg-deb", "--build", "--root-owner-group", "-Zxz", stage, made)
    return made


def environment(wheel: Path, stage: Path) -> None:
    """The virtual environment, as if it had been made where it will be."""
    home = stage / HOME
    run(PYTHON, "-m", "venv", home)
    pip = (home / "bin/python", "-m", "pip", "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "--no-compile", wheel.resolve())
    run(*pip, "uninstall", "--quiet", "--yes", "pip", "setuptools")
    # Scripts and the environment's own file hold the path at which they were made.
    for path in [home / "pyvenv.cfg", *(home / "bin").iterdir()]:
        if path.is_symlink() or b"\0" in (data := path.read_bytes()):
            continue
        path.write_bytes(data.replace(f"{stage}/".encode(), b"/"))
    for path in (home / "bin").glob("[Aa]ctivate*"):
        path.unlink()
    library = home / "lib"
    run(PYTHON, "-m", "compileall", "-q", "-s", stage, "-p", "/", library)


def beside(stage: Path) -> None:
    """What stands around it: units, user, command, manual page, completion, pages."""
    units = stage / "usr/lib/systemd/system"
    units.mkdir(parents=True)
    for unit in (HERE / "systemd").iterdir():
        shutil.copy2(unit, units)
    put(stage / "usr/lib/sysusers.d/ivrflow.conf", read(HERE / "deb/sysusers.conf"))
    (stage / "usr/bin").mkdir(parents=True)
    (stage / "usr/bin/ivrflow").symlink_to(Path("/") / HOME / "bin/ivrflow")
    page = ivrflow(stage, "man").encode()
    put(stage / "usr/share/man/man1/ivrflow.1.gz", gzip.compress(page, mtime=0))
    share = stage / "usr/share"
    for shell, path in {
        "bash": "bash-completion/completions/ivrflow",
        "zsh": "zsh/vendor-completions/_ivrflow",
        "fish": "fish/vendor_completions.d/ivrflow.fish",
    }.items():
        put(share / path, ivrflow(stage, "completion", shell).encode())
    for pages in sorted(DOCS.rglob("*.md")):
        put(share / "doc/ivrflow" / pages.relative_to(DOCS), read(pages))
    put(share / "doc/ivrflow/copyright", read(HERE.parent / "LICENSE"))


def control(stage: Path, wheel: Path) -> str:
    """Debian's own files; return the version, as Debian orders it."""
    version = wheel.name.split("-")[1].replace(".dev", "~dev").replace("rc", "~rc")
    major, minor = map(int, run(PYTHON, "-c", ASKS).split())
    files = [path for path in stage.rglob("*") if not path.is_symlink()]
    text = CONTROL.format(
        version=version,
        architecture=architecture(),
        size=sum(path.stat().st_size for path in files) // 1024,
        python=f"{major}.{minor}",
        next_python=f"{major}.{minor + 1}",
    )
    put(stage / "DEBIAN/control", text.encode())
    for script in ("postinst", "prerm", "postrm"):
        put(stage / "DEBIAN" / script, read(HERE / "deb" / script), mode=0o755)
    return version


ASKS = "import sys; print(*sys.version_info[:2])"


def ivrflow(stage: Path, *words: str) -> str:
    """What the packed ivrflow prints."""
    return run(stage / HOME / "bin/python", "-m", "ivrflow", *words)


def architecture() -> str:
    return run("dpkg", "--print-architecture").strip()


def read(path: Path) -> bytes:
    return path.read_bytes()


def put(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)


def run(*words: object) -> str:
    """Run a program and return what it prints; if it fails, end with what it said."""
    done = subprocess.run(
        [str(word) for word in words],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}: {done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    os.umask(0o022)
    print(main(Path(sys.argv[1]), Path(sys.argv[2])))

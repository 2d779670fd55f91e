"""Build wheel and sdist, and use each as somebody would who has nothing else.

    python packaging/try_packages.py dist

Each package is put into an environment of its own, empty but for what it asks for
itself; in it the commands run, and a service that answers and stops when told to. It is
started in a folder far from the repository, so nothing of that helps. Packages that
pass stay in the folder that is named. `make package` runs it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
FOLDERS = ("asterisk-conf", "dialplan", "flows", "packaging/systemd", "sounds")
"""What is shipped and is no code: `ivrflow.shipped`."""

SETTINGS = """\
site: {site}
database: sqlite:///ivrflow.db
pepper_file: pepper
ari: {{url: "http://127.0.0.1:9/ari", password_file: password}}
api: {{port: {port}, token_file: token}}
databases: {{crm: "sqlite:///crm.db"}}
secrets: {{erp: erp}}
"""
PORT = 18099


class Failed(Exception):
    """A package is not what it should be. Says how."""


def main(folder: Path) -> None:
    """Build, try, and leave the packages in *folder*."""
    with tempfile.TemporaryDirectory(prefix="ivrflow-package-") as name:
        work = Path(name)
        wheel, sdist = built(work / "dist")
        say(f"{wheel.name}: {complete(wheel)} files, {wheel.stat().st_size:,} bytes")
        say(f"{sdist.name}: {sdist.stat().st_size:,} bytes")
        again = wheel_of(sdist, work / "again")
        same(wheel, again)
        for package in (wheel, sdist):
            say(f"{package.name} in an empty environment ...")
            python = installed(package, work / package.name)
            used(python, work / f"{package.name}-house")
        folder.mkdir(parents=True, exist_ok=True)
        for package in (wheel, sdist):
            shutil.copy2(package, folder)
            say(f"{folder / package.name}: good")


def built(folder: Path) -> tuple[Path, Path]:
    """Wheel and sdist of this clone, built as pip would build them."""
    run(sys.executable, "-m", "build", "--outdir", folder, TOP)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, sdist


def complete(wheel: Path) -> int:
    """Count what is in *wheel*; raise if anything that is shipped is not."""
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    shipped = {
        f"ivrflow/shipped_data/{path.relative_to(TOP)}"
        for top in FOLDERS
        for path in tracked(top)
    }
    modules = {str(path.relative_to(TOP)) for path in tracked("ivrflow")}
    if lacking := sorted((shipped | modules) - names):
        raise Failed(f"{wheel.name} lacks {len(lacking)} files, as {lacking[:5]}")
    strange = sorted(n for n in names if n.startswith("tests/") or n.endswith(".pyc"))
    if strange:
        raise Failed(f"{wheel.name} has what is not to be in it, as {strange[:5]}")
    return len(names)


def tracked(top: str) -> list[Path]:
    """The files of a folder of the clone that git knows."""
    listed = run("git", "-C", TOP, "ls-files", "-z", "--", top)
    return [TOP / name for name in listed.split("\0") if name and (TOP / name).exists()]


def wheel_of(sdist: Path, folder: Path) -> Path:
    """The wheel that the sdist makes."""
    with tarfile.open(sdist) as packed:
        packed.extractall(folder, filter="data")
    (source,) = folder.iterdir()
    run(sys.executable, "-m", "build", "--wheel", "--outdir", folder / "dist", source)
    (wheel,) = (folder / "dist").glob("*.whl")
    return wheel


def same(one: Path, other: Path) -> None:
    """Raise unless both wheels have the same files with the same sums."""
    sums = []
    for wheel in (one, other):
        with zipfile.ZipFile(wheel) as packed:
            sums.append({i.filename: i.CRC for i in packed.infolist()})
    differ = {
        n for n in sums[0].keys() | sums[1].keys() if sums[0].get(n) != sums[1].get(n)
    }
    if differ:
        raise Failed(f"the sdist makes another wheel: {sorted(differ)[:5]}")


def installed(package: Path, folder: Path) -> Path:
    """Install *package* into an empty environment; return its Python."""
    venv.create(folder, with_pip=True)
    python = folder / "bin/python"
    run(
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        package,
    )
    return python


def used(python: Path, house: Path) -> None:
    """Use what was installed, in the folder *house*."""
    house.mkdir()
    ivrflow = python.parent / "ivrflow"

    def does(*words: object) -> str:
        return run(ivrflow, *words, at=house)

    site = does_find(python, house)
    does("--version")
    does("check", site)
    does("test", site)
    does("draw", site, "-o", house / "site.svg")
    does("install", "--systemd", "--dry-run")
    does("man")
    does("completion", "bash")
    does("secret", "pepper", "--pepper-file", house / "pepper")
    for name in ("password", "token", "erp"):
        (house / name).write_text("p" * 24)
    (house / "ivrflow.yaml").write_text(SETTINGS.format(site=site, port=PORT))
    served(ivrflow, house)


def does_find(python: Path, house: Path) -> Path:
    """Where the package has the sample, by its own word."""
    words = "from ivrflow.shipped import shipped; print(shipped('flows') / 'hotline')"
    return Path(run(python, "-c", words, at=house).strip())


def served(ivrflow: Path, house: Path) -> None:
    """Run a service until it answers, then have it stop."""
    with (house / "log").open("w") as log:
        process = subprocess.Popen(
            [ivrflow, "serve", "--keep", "-c", house / "ivrflow.yaml"],
            cwd=house,
            stderr=log,
            env=environment(house),
        )
    try:
        lived(lambda: answer("/livez"), process)
        health = json.loads(answer("/api/health", token="p" * 24))
        if health["asterisk"]["ready"]:
            raise Failed("it says that an Asterisk is there")
        process.send_signal(signal.SIGTERM)
        if process.wait(timeout=30) != 0:
            raise Failed(f"serve ended with {process.returncode}")
    except (OSError, Failed, subprocess.TimeoutExpired) as error:
        raise Failed(f"serve: {error}\n{(house / 'log').read_text()}") from None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def lived(look: Callable[[], str], process: subprocess.Popen[bytes]) -> None:
    """Wait until *look* gets an answer."""
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        try:
            look()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise Failed("it does not answer")


def answer(path: str, token: str = "") -> str:
    """What the API says."""
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=5) as said:
        return str(said.read().decode())


def environment(house: Path) -> dict[str, str]:
    """That of somebody who has nothing of ours: no clone, no cache."""
    kept = ("PATH", "LANG", "TMPDIR", "HTTPS_PROXY", "PIP_INDEX_URL", "SSL_CERT_FILE")
    ours = {name: os.environ[name] for name in kept if name in os.environ}
    return ours | {"HOME": str(house), "IVRFLOW_CACHE": str(house / "cache")}


def run(*words: object, at: Path | None = None) -> str:
    """Run a program and return what it prints; raise if it fails."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=at,
        env=environment(at) if at else None,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    if done.returncode:
        what = " ".join(str(word) for word in words)
        raise Failed(
            f"{what}: exit status {done.returncode}\n{done.stdout}{done.stderr}"
        )
    return done.stdout


def say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else TOP / "dist"))
    except Failed as failed:
        sys.exit(f"packaging: {failed}")

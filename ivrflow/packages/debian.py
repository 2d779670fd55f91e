"""Debian's packages, downloaded by apt and only unpacked, beside what is installed.

apt downloads a program with all it needs, C library included, because we show it an
empty list of installed packages; nothing is installed, the packages are only unpacked
into a folder of the user's cache. The signatures are checked by apt, with the keys that
the machine trusts already. apt's own lists, locks and settings of this machine are
neither needed nor changed, so it works where `apt-get update` has never been run.

The folder appears under its name when it is whole and has been run once. What is cut
short, by whatever, leaves nothing that could be taken for the program.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from ivrflow.packages import sources
from ivrflow.packages.progress import Progress
from ivrflow.packages.sources import Source

SUITE = "forky"
"""The suite of Debian that packages come from."""

SPACE = 1_000_000_000
"""Bytes that must be free: the packages and what is in them lie there together."""


class NotFetched(Exception):
    """It could not be fetched; the text says why and what to do."""


def own_loader(root: Path, program: str, *beside: str) -> tuple[str, ...] | None:
    """Return how *program* of the unpacked *root* is started; None if it is not whole.

    Through its own loader, with its own C library: nothing of this machine is relied
    on. *beside* are folders of more libraries, below that of the library.
    """
    binary = root / program
    loader = next(root.glob("usr/lib/*/ld-linux*.so.*"), None)
    if loader is None or not binary.is_file():
        return None
    libraries = (loader.parent, *(loader.parent / name for name in beside))
    return (str(loader), "--library-path", ":".join(map(str, libraries)), str(binary))


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to fetch: the first of *packages* is the program, the rest comes along.

    *mirror* is a URI of Debian's archive; "" takes the machine's.
    """

    packages: tuple[str, ...]
    suite: str = SUITE
    mirror: str = ""
    again: bool = False
    """Fetch even if one is here already, to get a newer one."""


def unpacked(
    folder: Path,
    order: Order,
    progress: Progress,
    *,
    here: Callable[[], Sequence[Path]],
    number: Callable[[Path], str],
) -> Path:
    """Return the folder below *folder* into which the packages were unpacked.

    *here* lists what is there already; *number* runs the program of a root and returns
    its version, or raises `NotFetched`. Blocks; raises `NotFetched`.
    """
    what = order.packages[0]
    for tool in ("apt-get", "dpkg", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise NotFetched(
                f"no {tool} here: {what} can be fetched on Debian and its relatives "
                "only; install it with the tools of this machine"
            )
    arch = _said(["dpkg", "--print-architecture"]).strip()
    suffix = f"-{order.suite}-{arch}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder, progress), _building(folder) as build:
            if not order.again:
                for root in here():
                    if root.name.endswith(suffix):
                        with contextlib.suppress(NotFetched):
                            number(root)
                            return root
            _check_space(folder)
            source = _source(order.mirror)
            debs = _download(build / "apt", source, order, arch, progress)
            root = build / "root"
            _unpack(debs, root, progress)
            version = number(root)
            place = folder / (version + suffix)
            _put(root, place, build)
    except OSError as error:
        raise NotFetched(
            f"cannot write below {folder}: {error.strerror or error}; set "
            "IVRFLOW_CACHE to another folder"
        ) from error
    progress.say(f"{what.capitalize()} {version} is in {place}")
    return place


@contextmanager
def _alone(folder: Path, progress: Progress) -> Iterator[None]:
    """Hold the lock of *folder*; wait for who has it. It dies with its process."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say("another process is fetching it too; waiting for that one")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _building(folder: Path) -> Iterator[Path]:
    """A folder to build in, gone afterwards. Call it with the lock held."""
    for left in folder.glob(".building-*"):
        # Of a process that was killed: with the lock held, nobody is building.
        shutil.rmtree(left, ignore_errors=True)
    build = folder / f".building-{os.getpid()}"
    build.mkdir()
    try:
        yield build
    finally:
        shutil.rmtree(build, ignore_errors=True)


def _check_space(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < SPACE:
        raise NotFetched(
            f"{folder} has {free // 1_000_000} MB left, {SPACE // 1_000_000} are "
            f"needed; make room, or set IVRFLOW_CACHE to another folder"
        )


def _source(mirror: str) -> Source:
    """Return where packages come from, with the key that is to be trusted."""
    keyring = sources.default_keyring()
    if mirror:
        if not re.fullmatch(r"[a-z+]+:/[!-~]+", mirror):
            raise NotFetched(
                f"{mirror!r} is no mirror; write it like http://HOST/debian"
            )
        return Source(uri=mirror, suites=(), components=("main",), signed_by=keyring)
    source = sources.debian_source(sources.machine_sources())
    if source is None:
        raise NotFetched(
            "apt's sources of this machine (/etc/apt/sources.list, sources.list.d) "
            "name no Debian archive; name one with --mirror (the package "
            "debian-archive-keyring is needed then)"
        )
    if source.signed_by or not keyring:
        return source
    return Source(
        uri=source.uri,
        suites=source.suites,
        components=source.components,
        signed_by=keyring,
    )


def _download(
    state: Path, source: Source, order: Order, arch: str, progress: Progress
) -> list[Path]:
    """Download the packages and all they need below *state*; return their files."""
    archives = state / "cache" / "archives"
    (archives / "partial").mkdir(parents=True)
    (state / "lists" / "partial").mkdir(parents=True)
    (state / "status").touch()
    listed = state / "debian.sources"
    listed.write_text(sources.paragraph(source, suite=order.suite, arch=arch))
    options = {
        "Dir::Etc::SourceList": listed,
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::Etc::Preferences": "/dev/null",
        "Dir::Etc::PreferencesParts": "/dev/null",
        "Dir::State": state,
        "Dir::State::Lists": state / "lists",
        # Empty: so the whole closure comes, and nothing of this machine is relied on.
        "Dir::State::Status": state / "status",
        "Dir::Cache": state / "cache",
        "Dir::Cache::Archives": archives,
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        "APT::Architecture": arch,
        "APT::Install-Recommends": "false",
        # As root, apt would download as a user who may not write here.
        "APT::Sandbox::User": "root",
        "APT::Update::Error-Mode": "any",
        # Our own lock is enough, and an ordinary user may not take apt's.
        "Debug::NoLocking": "true",
    }
    apt = ["apt-get", "-q", "-y"]
    for name, value in options.items():
        apt += ["-o", f"{name}={value}"]
    progress.say(f"reading {order.suite} of {source.uri}")
    _run([*apt, "update"], f"cannot read {order.suite} of {source.uri}")
    get = [*apt, "--download-only", "install", *order.packages]
    wanted = _said([*apt, "-qq", "--print-uris", "install", *order.packages])
    sizes = [int(size) for size in re.findall(r"(?m)^'\S+' \S+ (\d+)", wanted)]
    total = sum(sizes)

    def tell() -> None:
        here = sum(_size(path) for path in archives.rglob("*.deb*"))
        progress.step("download", here // 1_000_000, total // 1_000_000, "MB")

    _run(get, f"cannot download {order.packages[0]} from {source.uri}", tell)
    tell()
    debs = sorted(archives.glob("*.deb"))
    if not debs or len(debs) != len(sizes):
        raise NotFetched(
            f"apt downloaded {len(debs)} packages of {len(sizes)}; try again"
        )
    return debs


def _unpack(debs: Sequence[Path], root: Path, progress: Progress) -> None:
    """Unpack *debs* into *root*, and remove each as soon as it is unpacked."""
    root.mkdir()

    def unpack(deb: Path) -> None:
        _run(["dpkg-deb", "-x", str(deb), str(root)], f"cannot unpack {deb.name}")
        deb.unlink()

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(unpack, deb) for deb in debs]
        try:
            for number, job in enumerate(as_completed(jobs), 1):
                job.result()
                progress.step("unpack", number, len(debs))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    progress.done()
    _tame(root)


def _tame(root: Path) -> None:
    """Take away what a folder in somebody's cache must not have: setuid programs."""
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            mode = path.stat().st_mode
            if mode & (stat.S_ISUID | stat.S_ISGID):
                path.chmod(stat.S_IMODE(mode) & 0o777)


def _put(root: Path, place: Path, build: Path) -> None:
    """Give *root* its final name. One that has the name already makes way."""
    if place.exists():
        place.rename(build / "old")
    root.rename(place)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # apt has just given it its final name
        return 0


_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


def _run(
    command: Sequence[str], trouble: str, meanwhile: Callable[[], None] | None = None
) -> None:
    """Run *command*, call *meanwhile* twice a second; its failure is *trouble*."""
    with (
        TemporaryFile() as output,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **_ENVIRONMENT},
        ) as process,
    ):
        try:
            while True:
                try:
                    process.wait(timeout=0.5)
                    break
                except subprocess.TimeoutExpired:
                    if meanwhile is not None:
                        meanwhile()
        except BaseException:
            # Ctrl-C, most of all: apt is not to go on behind our back.
            process.terminate()
            raise
        output.seek(0)
        said = output.read().decode(errors="replace")
    if process.returncode != 0:
        raise NotFetched(f"{trouble}:\n{_gist(said)}\ncheck the network")


def _said(command: Sequence[str]) -> str:
    """Return what *command* prints."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **_ENVIRONMENT},
    )
    if done.returncode != 0:
        raise NotFetched(f"{command[0]} failed:\n{_gist(done.stderr)}")
    return done.stdout


def _gist(said: str) -> str:
    """Return the lines of apt's output that tell what went wrong."""
    lines = said.strip().splitlines()
    telling = [line for line in lines if re.match(r"(E|W|Err)[:\d]", line)] or lines
    return "\n".join(f"  {line}" for line in telling[-8:])

"""`ivrflow serve` compiles itself once, not at each start."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ivrflow
from ivrflow.cli import bytecode
from ivrflow.cli.bytecode import keep_compiled

NOWHERE = Path("/dev/null/cache")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of which no bytecode is kept, in a Python that may keep none."""
    monkeypatch.setattr(ivrflow, "__file__", str(tmp_path / "ivrflow/__init__.py"))
    monkeypatch.setattr(sys, "pycache_prefix", None)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("IVRFLOW_CACHE", str(tmp_path / "cache"))
    return tmp_path


def test_bytecode_is_kept_in_our_cache_where_it_is_kept_nowhere(package):
    keep_compiled()

    assert sys.pycache_prefix == str(package / "cache/bytecode")
    assert not sys.dont_write_bytecode
    assert (package / "cache/bytecode").stat().st_mode & 0o777 == 0o700


def test_bytecode_beside_the_sources_is_used(package):
    (package / "ivrflow/__pycache__").mkdir(parents=True)
    tag = sys.implementation.cache_tag
    (package / f"ivrflow/__pycache__/__init__.{tag}.pyc").touch()

    keep_compiled()

    assert sys.pycache_prefix is None
    assert sys.dont_write_bytecode


def test_folder_that_others_may_write_to_is_not_used(package):
    (package / "cache/bytecode").mkdir(parents=True)
    (package / "cache/bytecode").chmod(0o777)

    keep_compiled()

    assert sys.pycache_prefix is None


def test_folder_of_somebody_else_is_not_used(package, monkeypatch):
    monkeypatch.setattr(bytecode.os, "geteuid", lambda: os.getuid() + 1)

    keep_compiled()

    assert sys.pycache_prefix is None


def test_without_a_place_for_it_the_service_starts_all_the_same(package, monkeypatch):
    monkeypatch.setenv("IVRFLOW_CACHE", str(NOWHERE))

    keep_compiled()

    assert sys.pycache_prefix is None


def test_second_start_compiles_nothing(tmp_path):
    package = tmp_path / "lib/ivrflow"
    shutil.copytree(
        Path(ivrflow.__file__).parent,
        package,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    environment = {
        **os.environ,
        "PYTHONPATH": str(package.parent),
        "PYTHONDONTWRITEBYTECODE": "1",
        "IVRFLOW_CACHE": str(tmp_path / "cache"),
    }
    environment.pop("PYTHONPYCACHEPREFIX", None)

    def compiled():
        """How many modules of ours a start compiles."""
        command = [sys.executable, "-v", "-m", "ivrflow", "serve", "-c", "none.yaml"]
        told = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True
        ).stderr
        assert "none.yaml: cannot read the settings" in told
        source = re.escape(str(package)) + r"/\S+\.py$"
        return len(re.findall(f"^# code object from {source}", told, re.MULTILINE))

    first, second = compiled(), compiled()

    assert first > 50
    assert second < 10

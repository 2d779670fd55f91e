"""What is packed: nothing that is named is missing, and nothing that is shipped is."""

import re
import runpy
import subprocess
import tomllib
import zipfile
from fnmatch import fnmatch

import pytest
import yaml
from hatchling.builders.wheel import WheelBuilder

from ivrflow.shipped import FOLDERS, shipped
from tests.unit.pages import TOP, text_of

PACKAGING = TOP / "packaging"
FILES = [PACKAGING / "Containerfile", PACKAGING / "Containerfile.asterisk"]

each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)


def instructions(file):
    """The instructions of a Containerfile, each on one line: (name, rest)."""
    text = re.sub(r"(?m)^\s*#.*\n", "", file.read_text())
    lines = re.sub(r"\\\n", " ", text).splitlines()
    return [tuple(line.split(None, 1)) for line in lines if line.strip()]


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """The names in the wheel, which is built here and now, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    (wheel,) = WheelBuilder(str(TOP)).build(directory=str(folder))
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_every_folder_that_the_program_asks_for_is_shipped():
    project = tomllib.loads(text_of("pyproject.toml"))["tool"]["hatch"]["build"]
    included = project["targets"]["wheel"]["force-include"]

    for name in FOLDERS:
        assert shipped(name).is_dir()
        wanted = f"ivrflow/shipped_data/{name}"
        assert any(fnmatch(to, f"{wanted}*") for to in included.values()), name
    for source in included:
        assert (TOP / source).exists(), source


def test_the_wheel_has_all_modules_and_all_that_is_no_code(packed):
    ours = {
        str(path.relative_to(TOP))
        for path in (TOP / "ivrflow").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert ours <= packed
    for name in (
        "asterisk-conf/ari.conf",
        "dialplan/ivrflow.conf",
        "flows/hotline/site.yaml",
        "packaging/systemd/ivrflow.service",
        "packaging/systemd/ivrflow@.service",
        "sounds/manifest.json",
    ):
        assert f"ivrflow/shipped_data/{name}" in packed


def test_the_wheel_has_no_tests_and_nothing_that_was_compiled(packed):
    strange = [name for name in packed if name.startswith("tests/") or ".pyc" in name]

    assert strange == []
    assert any(name.endswith("licenses/LICENSE") for name in packed)


@each_file
def test_what_a_container_copies_is_there(file):
    copied = [rest.split() for name, rest in instructions(file) if name == "COPY"]
    sources = [
        word for words in copied for word in words[:-1] if "--from" not in words[0]
    ]

    assert sources
    for source in sources:
        assert (TOP / source).exists(), source


@each_file
def test_a_container_runs_as_somebody_who_is_not_root(file):
    users = [rest for name, rest in instructions(file) if name == "USER"]

    assert users
    assert users[-1] not in ("root", "0")


def test_the_container_gets_all_that_the_wheel_is_made_of():
    project = tomllib.loads(text_of("pyproject.toml"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    stage = [rest.split() for name, rest in instructions(FILES[0]) if name == "COPY"]
    copied = {word for words in stage for word in words[:-1]}

    wanted = {"ivrflow", "pyproject.toml", "README.md", "LICENSE"}
    wanted |= {source.split("/")[0] for source in included}
    assert wanted <= copied


def test_compose_names_files_and_volumes_that_are_there():
    compose = yaml.safe_load((PACKAGING / "compose.yaml").read_text())

    named = set()
    for service in compose["services"].values():
        assert (TOP / service["build"]["dockerfile"]).exists()
        sources = [volume.split(":")[0] for volume in service["volumes"]]
        named |= {source for source in sources if not source.startswith("$")}
    assert named == set(compose["volumes"])


def test_both_containers_have_the_group_and_the_folders_in_common():
    numbers = [set(re.findall(r"--gid (\d+)", file.read_text())) for file in FILES]
    compose = yaml.safe_load((PACKAGING / "compose.yaml").read_text())["services"]
    shared = [
        {v.split(":")[1] for v in compose[name]["volumes"] if v[0] != "$"}
        for name in ("ivrflow", "asterisk")
    ]

    assert numbers[0] == numbers[1] != set()
    assert {"/run/ivrflow", "/var/cache/ivrflow"} <= shared[0] & shared[1]


def test_asterisks_container_includes_what_the_command_writes():
    from ivrflow.asterisk.beside.snippets import MAIN

    (line,) = re.findall(r"for name in ([a-z ]+);", FILES[1].read_text())

    assert {f"{name}.conf" for name in line.split()} == set(MAIN["asterisk"])


# Debian's package ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["postinst", "prerm", "postrm"])
def test_a_script_of_debians_package_is_one_that_a_shell_reads(name):
    script = PACKAGING / "deb" / name

    assert script.read_text().startswith("#!/bin/sh\n")
    subprocess.run(["sh", "-n", script], check=True, timeout=60)


def test_debians_package_lies_where_the_unit_looks_and_makes_its_user():
    unit = (PACKAGING / "systemd/ivrflow.service").read_text()
    makes = runpy.run_path(str(PACKAGING / "make_deb.py"))
    (user,) = re.findall(r"(?m)^User=(.*)$", unit)

    assert f"ExecStart=/{makes['HOME']}/bin/ivrflow serve" in unit
    assert re.search(rf"(?m)^u {user} ", (PACKAGING / "deb/sysusers.conf").read_text())


# The pages as a site ------------------------------------------------------------------


@pytest.fixture(scope="module")
def conf():
    return runpy.run_path(str(PACKAGING / "site/conf.py"))


def test_every_page_is_in_the_contents_of_the_site_once(conf):
    named = [page for part in conf["contents"]().values() for page in part]

    assert sorted(named) == conf["pages"]()
    assert len(named) == len(set(named))
    assert "docs/install" in named


def test_links_to_what_is_no_page_are_words_there(conf):
    text = (
        "See [flows](docs/flows.md#menu), [a folder](flows/), [a file](LICENSE#x), "
        "![a picture](docs/hotline.svg), [the web](https://example.com), [here](#more),"
        " [gone](docs/nowhere.md)."
    )

    assert conf["without_folders"](text, TOP) == (
        "See [flows](docs/flows.md#menu), a folder, a file, "
        "![a picture](docs/hotline.svg), [the web](https://example.com), [here](#more),"
        " [gone](docs/nowhere.md)."
    )

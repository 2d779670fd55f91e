"""Versions of a site: compared, named by their beginning, read and put back."""

import os

import pytest

from ivrflow.flow.folder import BACKUPS, back_up, read_texts, write_texts
from ivrflow.flow.load import load_site
from ivrflow.flow.versions import NoVersion, changes, diff, the_one

OLD = {"site.yaml": "a\n", "flows/x.yaml": "one\ntwo\n", "gone.yaml": "x\n"}
NEW = {"site.yaml": "a\n", "flows/x.yaml": "one\n2\n", "new.yaml": "y\n"}


def test_each_file_that_differs_is_named_with_what_happened():
    assert changes(OLD, NEW) == [
        ("flows/x.yaml", "changed"),
        ("gone.yaml", "removed"),
        ("new.yaml", "added"),
    ]
    assert changes(OLD, OLD) == []


def test_diff_is_one_that_patch_understands():
    assert list(diff(OLD, NEW, ("a", "b"))) == [
        "--- a/flows/x.yaml", "+++ b/flows/x.yaml", "@@ -1,2 +1,2 @@",
        " one", "-two", "+2",
        "--- a/gone.yaml", "+++ /dev/null", "@@ -1 +0,0 @@", "-x",
        "--- /dev/null", "+++ b/new.yaml", "@@ -0,0 +1 @@", "+y",
    ]  # fmt: skip


def test_missing_end_of_the_last_line_is_told():
    lines = list(diff({"x": "a\n"}, {"x": "a"}, ("a", "b")))

    assert lines[-3:] == ["-a", "+a", "\\ No newline at end of file"]


def test_version_is_named_by_its_beginning():
    known = ["abcd11", "abcd22", "ffff33"]

    assert the_one("ffff", known) == "ffff33"
    assert the_one("abcd11", known) == "abcd11"
    for wanted in ("fff", "0000", "", "abcd"):
        with pytest.raises(NoVersion):
            the_one(wanted, known)


def site(folder, **more):
    files = {
        "site.yaml": "languages: [en]\ntimezone: UTC\n",
        "prompts/en.yaml": "hello: Hello. \n",
        "flows/top.yaml": "flow: top\nsteps:\n  a: {hangup: hello}\n",
        "tests/deep/a.test.yaml": "tests: top\n",
        "notes.txt": "ours\n",
        **more,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    return folder


def test_texts_are_those_of_the_site_and_its_talks(tmp_path):
    assert sorted(read_texts(site(tmp_path))) == [
        "flows/top.yaml",
        "prompts/en.yaml",
        "site.yaml",
        "tests/deep/a.test.yaml",
    ]


def test_what_is_put_back_is_the_same_version_to_the_byte(tmp_path):
    folder = site(tmp_path, **{"flows/top.yaml": "flow: top\r\n# \udcff\r\n"})
    before = read_texts(folder)
    (folder / "site.yaml").write_text("other\n")
    (folder / "queues.yaml").write_text("sales: {}\n")
    (folder / "flows/top.yaml").unlink()

    changed = write_texts(folder, before)

    assert changed == ["flows/top.yaml", "queues.yaml", "site.yaml"]
    assert read_texts(folder) == before
    assert (folder / "notes.txt").read_text() == "ours\n"
    assert write_texts(folder, before) == []
    assert not list(folder.rglob("*.new"))


@pytest.mark.parametrize("name", ["../out.yaml", "flows/../../out.yaml", "{tmp}/out"])
def test_no_name_leads_out_of_the_folder(tmp_path, name):
    folder = site(tmp_path / "site")
    before = read_texts(folder)
    name = name.format(tmp=tmp_path)

    with pytest.raises(OSError, match="no name of a site's file"):
        write_texts(folder, {**before, "site.yaml": "other\n", name: "out\n"})
    assert read_texts(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_rights_of_a_file_stay(tmp_path):
    folder = site(tmp_path)
    os.chmod(folder / "site.yaml", 0o600)
    write_texts(folder, read_texts(folder) | {"site.yaml": "languages: [en]\n"})

    assert (folder / "site.yaml").stat().st_mode & 0o777 == 0o600


def test_copy_is_no_part_of_the_site(tmp_path):
    folder = site(tmp_path)
    before, version = read_texts(folder), load_site(folder).version

    place = back_up(folder, "20260302-100000")

    assert place.parent == folder / BACKUPS
    assert read_texts(place) == before
    assert read_texts(folder) == before
    assert load_site(folder).version == version
    with pytest.raises(OSError, match="exists"):
        back_up(folder, "20260302-100000")

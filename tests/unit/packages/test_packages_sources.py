from ivrflow.packages.sources import (
    Source,
    debian_source,
    default_keyring,
    machine_sources,
    paragraph,
    read_lines,
    read_paragraphs,
)


def test_one_line_sources_are_read_with_their_options():
    assert read_lines(
        "# a comment\n"
        "deb http://deb.debian.org/debian bookworm main contrib # the archive\n"
        "deb [arch=amd64 signed-by=/k/d.gpg] https://m.example/debian trixie main\n"
        "deb-src http://deb.debian.org/debian bookworm main\n"
    ) == [
        Source(
            uri="http://deb.debian.org/debian",
            suites=("bookworm",),
            components=("main", "contrib"),
        ),
        Source(
            uri="https://m.example/debian",
            suites=("trixie",),
            components=("main",),
            signed_by="/k/d.gpg",
        ),
    ]


def test_paragraphs_are_read_over_comments_and_continued_lines():
    assert read_paragraphs(
        "Types: deb deb-src\n"
        "# in between\n"
        "URIs: http://a.example/debian\n"
        " http://b.example/debian\n"
        "suites: bookworm bookworm-updates\n"
        "Components: main\n"
        "Signed-By: /k/d.gpg\n"
    ) == [
        Source(
            uri=f"http://{host}.example/debian",
            suites=("bookworm", "bookworm-updates"),
            components=("main",),
            signed_by="/k/d.gpg",
        )
        for host in "ab"
    ]


def test_a_key_inside_a_paragraph_is_kept_as_it_stands():
    (source,) = read_paragraphs(
        "Types: deb\nURIs: http://a.example/debian\nSuites: sid\nComponents: main\n"
        "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n"
    )
    assert "\n .\n abc" in paragraph(source, suite="forky", arch="amd64")


def test_sources_that_are_off_or_for_source_code_are_left_out():
    assert (
        read_paragraphs(
            "Types: deb\nEnabled: no\nURIs: http://a.example/debian\n\n"
            "Types: deb-src\nURIs: http://a.example/debian\n"
        )
        == []
    )


def test_neither_security_nor_another_vendor_is_debians_archive():
    places = [
        "http://deb.debian.org/debian-security",
        "https://deb.nodesource.com/node_22.x",
        "http://archive.ubuntu.com/ubuntu",
        "cdrom:[Debian]/debian",
        "http://deb.debian.org/debian/",
    ]
    found = [Source(uri=place, suites=("x",), components=("main",)) for place in places]
    assert [source.debian for source in found] == [False] * 4 + [True]
    assert debian_source(found) is found[-1]
    assert debian_source(found[:-1]) is None


def test_a_list_of_mirrors_is_debians_archive():
    uri = "mirror+file:///etc/apt/mirrors/debian.list"
    assert Source(uri=uri, suites=("trixie",), components=("main",)).debian


def test_all_files_of_apt_are_read_and_others_are_not(tmp_path):
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (tmp_path / "sources.list").write_text("deb http://a/debian x main\n")
    (parts / "b.sources").write_text(
        "Types: deb\nURIs: http://b/debian\nSuites: x\nComponents: main\n"
    )
    (parts / "c.list.disabled").write_text("deb http://c/debian x main\n")
    uris = [source.uri for source in machine_sources(tmp_path)]
    assert uris == ["http://a/debian", "http://b/debian"]


def test_a_machine_without_apts_files_has_no_source(tmp_path):
    assert machine_sources(tmp_path) == []


def test_we_ask_for_packages_of_one_suite_alone():
    source = Source(
        uri="http://m/debian", suites=("bookworm",), components=(), signed_by="/k"
    )
    assert paragraph(source, suite="forky", arch="arm64") == (
        "Types: deb\nURIs: http://m/debian\nSuites: forky\nComponents: main\n"
        "Architectures: arm64\nTargets: Packages\nSigned-By: /k\n"
    )


def test_the_newer_name_of_debians_keyring_is_preferred(tmp_path):
    assert default_keyring(tmp_path) == ""
    (tmp_path / "debian-archive-keyring.gpg").touch()
    assert default_keyring(tmp_path).endswith(".gpg")
    (tmp_path / "debian-archive-keyring.pgp").touch()
    assert default_keyring(tmp_path).endswith(".pgp")

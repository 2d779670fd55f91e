"""What may be changed live, and what the checker says of it."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from ivrflow.flow.calendar import Timetable
from ivrflow.flow.changes import (
    CannotChange,
    Change,
    Place,
    Unknown,
    back,
    changeable,
    new_hours,
    new_words,
    value_now,
)
from ivrflow.flow.folder import ChangedMeanwhile, read_texts, replace_text
from ivrflow.flow.load import check_site, load_site
from ivrflow.flow.site.ending import BadEnd, end_of, read_end
from ivrflow.flow.source import Severity
from ivrflow.flow.talks.hours import open_until

FILES = {
    "site.yaml": "languages: [en]\ntimezone: UTC\n",
    "flows/top.yaml": "flow: top\nsteps:\n"
    "  menu: {menu: menu, keys: {1: bye}, failed: bye}\n  bye: {hangup: bye}\n",
    "prompts/en.yaml": "bye: Bye.\nmenu:\n  choices: {bye: To leave}\n"
    "  silent: [One., Two.]\nstates: {sent: on its way}\nsum: It is ${1 + 1}.\n",
    "wording.yaml": "bye: {record: yes}\nmenu: {}\nstates: {}\n",
    "hours.yaml": "shop:\n  mon-sun: 09:00-12:00, 14:00-18:00\n  who: agent\n"
    "  except:\n    2026-10-05: 09:00-10:00\n    2026-10-01..2026-10-07: closed\n",
    "numbers.yaml": '"*81": {hours: shop}\n"*82": {announce: bye, language: en}\n',
}


def write(folder, **more):
    for name, text in {**FILES, **more}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def site(tmp_path):
    return load_site(write(tmp_path))


@pytest.fixture
def texts(tmp_path, site):
    return read_texts(tmp_path)


def test_words_are_called_as_their_recordings(site):
    assert sorted(changeable(site)) == [
        "en/bye",
        "en/menu.bye",
        "en/menu.silent.1",
        "en/menu.silent.2",
        "en/states.sent",
    ]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("en/bye", "bye: Bye.", "bye: New."),
        ("en/menu.bye", "{bye: To leave}", "{bye: New.}"),
        ("en/menu.silent.2", "[One., Two.]", "[One., New.]"),
        ("en/states.sent", "{sent: on its way}", "{sent: New.}"),
    ],
)
def test_each_kind_of_words_can_be_changed(site, texts, name, old, new):
    edited = new_words(site, texts, name, "  New. ")

    assert edited.file == "prompts/en.yaml"
    assert edited.text == texts["prompts/en.yaml"].replace(old, new)


@pytest.mark.parametrize(
    ("name", "words", "error"),
    [
        ("en/sum", "x", Unknown),
        ("en/byes", "x", Unknown),
        ("en/menu.silent.3", "x", Unknown),
        ("en", "x", Unknown),
        ("en/bye", " \n ", CannotChange),
        ("en/bye", "x" * 4001, CannotChange),
        ("en/bye", "a\x00b", CannotChange),
    ],
)
def test_other_words_and_no_words_are_refused(site, texts, name, words, error):
    with pytest.raises(error):
        new_words(site, texts, name, words)


def test_range_over_a_date_of_the_file_is_left_to_the_checker(site, texts, tmp_path):
    edited = new_hours(site, texts, "shop", "2026-09-01..2026-10-30", "closed")

    found = problems(tmp_path, **{"hours.yaml": edited.text})
    assert [code for code, _, _ in found] == ["T013", "T013"]


def test_date_inside_a_range_stands_before_it_and_wins(site, texts, tmp_path):
    edited = new_hours(site, texts, "shop", "2026-10-06", "09:00-10:00")
    (tmp_path / "hours.yaml").write_text(edited.text)

    shop = load_site(tmp_path).hours["shop"]
    assert shop.at(datetime(2026, 10, 6, 9, 30, tzinfo=UTC)).open
    assert not shop.at(datetime(2026, 10, 7, 9, 30, tzinfo=UTC)).open


def changed(site, texts, edited, tmp_path):
    """The site after *edited*, its texts, and the change as it is kept."""
    (tmp_path / edited.file).write_text(edited.text)
    change = Change.of(edited, by="a", at=0.0, until=1.0)
    return load_site(tmp_path), {**texts, edited.file: edited.text}, change


@pytest.mark.parametrize("hours", ["09:00-10:00", None])
def test_exception_of_the_file_comes_back(site, texts, tmp_path, hours):
    edited = new_hours(site, texts, "shop", "2026-10-01..2026-10-07", hours)
    new, now, change = changed(site, texts, edited, tmp_path)

    assert value_now(new, change.place) == hours
    assert back(new, now, change).text == texts["hours.yaml"]
    # In a file that is another one elsewhere too.
    more = {**now, "hours.yaml": f"# More.\n{now['hours.yaml']}"}
    (tmp_path / "hours.yaml").write_text(more["hours.yaml"])
    again = back(load_site(tmp_path), more, change).text
    assert again == f"# More.\n{texts['hours.yaml']}"


def test_value_that_is_another_one_now_is_not_taken_back(site, texts, tmp_path):
    edited = new_words(site, texts, "en/bye", "New.")
    _, now, change = changed(site, texts, edited, tmp_path)
    hand = now["prompts/en.yaml"].replace("New.", "By hand.")
    (tmp_path / "prompts/en.yaml").write_text(hand)

    with pytest.raises(CannotChange, match="was changed since"):
        back(load_site(tmp_path), {**now, "prompts/en.yaml": hand}, change)


def test_place_is_known_by_its_text():
    for place in (Place("en/bye"), Place("shop", "2026-10-01..2026-10-07")):
        assert Place.named(str(place)) == place


# Ends ---------------------------------------------------------------------------------

NOW = datetime(2026, 10, 24, 12, 0, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("written", "end"),
    [
        ("2h", "2026-10-24T14:00:00+02:00"),
        # The clocks are put back that night: a day is a day, and a wall clock one.
        ("24h", "2026-10-25T11:00:00+01:00"),
        ("2026-10-25 18:00", "2026-10-25T18:00:00+01:00"),
        ("2026-10-24", "2026-10-25T00:00:00+02:00"),
    ],
)
def test_ends_are_read_as_people_write_them(written, end):
    assert read_end(written, NOW).isoformat() == end


@pytest.mark.parametrize(
    "written",
    ["", "2", "soon", "2026-10-24 11:59", "2026-02-30", "2026-10-25 25:00", "9" * 400],
)
def test_what_is_no_end_is_told(written):
    with pytest.raises(BadEnd):
        read_end(written, NOW)


def test_end_lies_within_what_the_file_allows():
    assert end_of(None, NOW, None, file="x.yaml") is None
    assert end_of(7200, NOW, None, file="x.yaml") == NOW + timedelta(hours=2)
    with pytest.raises(BadEnd, match=r"`expires` in x\.yaml"):
        end_of(7200, NOW, NOW + timedelta(hours=3), file="x.yaml")
    with pytest.raises(BadEnd):
        end_of(None, NOW, NOW + timedelta(days=400), file="x.yaml")


# Open until ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "until", "hours"),
    [
        ("10:00", "11:00", "09:00-11:00"),
        ("10:00", "13:00", "09:00-13:00"),
        ("10:00", "20:00", "09:00-12:00, 14:00-20:00"),
        ("13:00", "20:00", "09:00-12:00, 13:00-20:00"),
        ("15:00", "20:00", "09:00-12:00, 14:00-20:00"),
        ("19:00", "20:00", "09:00-12:00, 14:00-18:00, 19:00-20:00"),
        ("08:00", "20:00", "08:00-20:00"),
    ],
)
def test_day_is_open_until_the_time_that_was_chosen(site, now, until, hours):
    shop = site.hours["shop"]
    at = datetime.combine(datetime(2026, 11, 2), time.fromisoformat(now), UTC)

    assert open_until(shop, at, time.fromisoformat(until)) == hours
    assert isinstance(shop, Timetable)


# The checker --------------------------------------------------------------------------


def problems(tmp_path, **files):
    report = check_site(write(tmp_path, **files))
    return [
        (p.code, p.at.file, p.at.line)
        for p in report.problems
        if p.severity is Severity.ERROR
    ]


@pytest.mark.parametrize(
    ("files", "code", "file"),
    [
        ({"wording.yaml": "bye: {record: yes}\nbyes: {}\n"}, "T016", "wording.yaml"),
        ({"wording.yaml": "bye: {record: yes}\napology: {}\n"}, "T016", "wording.yaml"),
        (
            {"wording.yaml": "menu: {record: yes}\nbye: {record: yes}\n"},
            "T016",
            "wording.yaml",
        ),
        (
            {"wording.yaml": "bye: {record: yes}\nsum: {record: yes}\n"},
            "T016",
            "wording.yaml",
        ),
        ({"wording.yaml": "bye: {}\n"}, "T016", "numbers.yaml"),
        ({"wording.yaml": "bye: {record: yes, who: agents}\n"}, "T012", "wording.yaml"),
        ({"hours.yaml": "shop: {mon: 09:00-10:00}\n"}, "T016", "numbers.yaml"),
        (
            {"hours.yaml": "shop: {mon: 09:00-10:00, who: nobody}\n"},
            "T012",
            "hours.yaml",
        ),
        (
            {"numbers.yaml": '"*82": {announce: bye, language: fr}\n'},
            "T016",
            "numbers.yaml",
        ),
        (
            {"numbers.yaml": '"*81": {hours: shop, language: en}\n'},
            "T016",
            "numbers.yaml",
        ),
        ({"numbers.yaml": '"*81": {hours: shot}\n'}, "T010", "numbers.yaml"),
    ],
)
def test_what_can_not_be_changed_live_is_told(tmp_path, files, code, file):
    assert [p[:2] for p in problems(tmp_path, **files)] == [(code, file)]


def test_site_that_may_be_changed_live_is_right(tmp_path):
    assert problems(tmp_path) == []


# The file -----------------------------------------------------------------------------


def test_file_is_replaced_only_if_it_is_the_one_that_was_read(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a\r\n")
    path.chmod(0o600)
    with pytest.raises(ChangedMeanwhile):
        replace_text(path, "b\r\n", "c\r\n")
    assert path.read_bytes() == b"a\r\n"

    replace_text(path, "a\r\n", "c\r\n")
    assert path.read_bytes() == b"c\r\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_link_stays_a_link(tmp_path):
    (tmp_path / "real.yaml").write_text("a")
    link = tmp_path / "link.yaml"
    link.symlink_to("real.yaml")
    replace_text(link, "a", "b")

    assert link.is_symlink()
    assert (tmp_path / "real.yaml").read_text() == "b"

"""The written list of metrics."""

import pytest

from ivrflow.metrics.catalogue import ALL
from ivrflow.metrics.reference import main, page
from tests.unit.pages import TOP, rows, text_of, ticked

WRITTEN = "docs/reference/metrics.md"


def test_the_list_is_up_to_date():
    assert text_of(WRITTEN) == page(), "run make reference"


def test_every_metric_stands_in_the_list_and_no_other_one():
    listed = [name for cell in rows(text_of(WRITTEN)) for name in ticked(cell)]

    assert listed == list(ALL)


def test_a_stale_list_is_told(tmp_path):
    main([str(tmp_path)])
    main(["--check", str(tmp_path)])
    (tmp_path / "metrics.md").write_text("old", "utf-8")

    with pytest.raises(SystemExit, match="out of date"):
        main(["--check", str(tmp_path)])


def test_rules_and_dashboards_are_where_the_page_says():
    assert (TOP / "monitoring/alerts.yml").is_file()

from pathlib import Path

import pytest

from ivrflow.packages.cache import cache_folder


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"IVRFLOW_CACHE": "/c", "XDG_CACHE_HOME": "/x"}, "/c"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/ivrflow"),
        ({"XDG_CACHE_HOME": "relative"}, str(Path.home() / ".cache/ivrflow")),
        ({}, str(Path.home() / ".cache/ivrflow")),
    ],
)
def test_the_cache_is_where_the_user_keeps_caches(environ, folder):
    assert str(cache_folder(environ)) == folder

import pytest

from ivrflow.asterisk.ari.settings import AriSettings, Outbound
from ivrflow.secret import Secret


def settings(url="http://127.0.0.1:8088/ari", app="ivrflow"):
    return AriSettings(
        url=url,
        app=app,
        user="ivr",
        password=Secret("hush"),
        events=Outbound(port=8089, user="asterisk", password=Secret("hush")),
    )


def test_passwords_are_not_shown():
    assert "hush" not in repr(settings())


@pytest.mark.parametrize("url", ["", "127.0.0.1:8088", "ws://x/ari", "http:///ari"])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ValueError, match="is no address of ARI; write http://"):
        settings(url=url)


@pytest.mark.parametrize("url", ["http://u:p@h/ari", "http://h/ari?api_key=u:p"])
def test_an_address_with_a_password_is_refused_without_showing_it(url):
    with pytest.raises(ValueError, match="bears no user") as refused:
        settings(url=url)
    assert "u:p" not in str(refused.value)


@pytest.mark.parametrize("app", ["", "a b", "a,b", "a\r\nb", "x" * 65])
def test_a_name_that_would_break_the_dialplan_is_refused(app):
    with pytest.raises(ValueError, match="no name of a Stasis application"):
        settings(app=app)


def test_we_connect_to_asterisk_unless_it_is_to_bring_its_events():
    plain = AriSettings(url="http://h/ari", user="ivr", password=Secret("hush"))
    assert plain.events is None


def test_asterisk_is_told_where_to_connect():
    assert settings().events.url == "ws://127.0.0.1:8089/ari"

"""The table of all options of Asterisk's voicemail."""

import pytest

from ivrflow.flow.importing.voicemail_options import (
    BOTH,
    GENERAL,
    ONE_BOX,
    TABLES,
    Fate,
)

READ_FROM_GENERAL = """
adsifdn adsisec adsiver aliasescontext attach authpassword authuser backupdeleted
callback charset cidinternalcontexts dialout emailbody emaildateformat emailsubject
envelope exitcontext expungeonhangup externnotify externpass externpasscheck
externpassnotify forcegreetings forcename format forward_urgent_auto fromstring
greetingfolder greetingsfolder imap_poll_logout imapclosetimeout imapflags imapfolder
imapgreetings imapopentimeout imapparentfolder imapport imapreadtimeout imapserver
imapwritetimeout leaveurgent listen-control-forward-key listen-control-pause-key
listen-control-restart-key listen-control-reverse-key listen-control-stop-key locale
mailcmd maxgreet maxlogins maxmessage maxmsg maxsecs maxsilence messagewrap minmessage
minpassword minsecs moveheard nextaftercmd odbc_audio_on_disk odbcstorage odbctable
operator pagerbody pagerdateformat pagerfromstring pagersubject passwordlocation
pbxskip pollfreq pollmailboxes review saycid sayduration saydurationm searchcontexts
sendvoicemail serveremail silencethreshold skipms smdienable smdiport tempgreetwarn
tps_queue_high tps_queue_low tz usedirectory userscontext vm-invalid-password vm-login
vm-mismatch vm-newpassword vm-newuser vm-passchanged vm-password vm-pls-try-again
vm-prepend-timeout vm-reenterpassword volgain
"""
"""What app_voicemail of Asterisk 22 asks [general] for."""

READ_FROM_A_LINE = """
attach attachextrecs attachfmt backupdeleted callback delete deletevoicemail dialout
emailbody emailsubject envelope exitcontext forcegreetings forcename fromstring
imapflags imapfolder imappassword imapport imapsecret imapserver imapuser
imapvmshareid language leaveurgent locale maxmessage maxmsg maxsecs messagewrap
minsecs moveheard nextaftercmd operator options passwordlocation review saycid
sayduration saydurationm sendvoicemail serveremail tempgreetwarn tz volgain
"""
"""And a mailbox's line."""

SAMPLE_ALONE = {"attachextrecs", "directoryintro"}
"""Known to its sample file, or to the directory."""

DIRECTORY = {"alias", "hidefromdir"}

ROWS = [
    pytest.param(row, id=f"{table} {name}")
    for table, rows in TABLES.items()
    for name, row in rows.items()
]


def test_the_table_has_each_option_that_asterisk_reads_and_no_other():
    assert set(GENERAL) == {*READ_FROM_GENERAL.split(), *SAMPLE_ALONE}
    assert {*BOTH, *ONE_BOX} == {*READ_FROM_A_LINE.split(), *DIRECTORY}


def test_an_option_of_both_has_one_row():
    assert set(GENERAL) >= BOTH
    assert not set(GENERAL) & set(ONE_BOX)


@pytest.mark.parametrize("row", ROWS)
def test_each_row_says_where_it_stands_or_why_not(row):
    assert row.said
    assert (row.fate is Fate.NOT) <= (not row.key and bool(row.words))
    assert (row.fate is Fate.SAME) <= bool(row.key)
    assert "|" not in row.key  # it would end a cell of the page's table


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("moveheard", "no", True),  # always on here
        ("moveheard", "yes", False),
        ("dialout", "fromvm", True),
        ("dialout", "", False),
        ("smdienable", "No", False),
        ("review", "yes", False),  # carried over
    ],
)
def test_what_is_not_carried_over_is_told_where_it_does_something(option, value, told):
    assert GENERAL[option].told_for(value) is told

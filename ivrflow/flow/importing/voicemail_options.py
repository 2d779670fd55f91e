"""Each option of Asterisk's voicemail, and what becomes of it.

One table for the importer, its remarks and the page that users read. It has all that
Asterisk 22 reads of voicemail.conf, of a mailbox's line, and of the arguments of its
applications: what is not in it is something that Asterisk does not know either.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

TRUE = frozenset(("yes", "true", "y", "t", "1", "on"))
FALSE = frozenset(("", "no", "false", "n", "f", "0", "off"))
"""What Asterisk takes for a yes and for a no, in small letters."""


class Fate(Enum):
    """What becomes of an option."""

    SAME = "same"
    """It means here what it means there, under the key that the row names."""
    OTHER = "other name"
    """There is something for it, with another name, in another place, or wider."""
    NOT = "no"
    """There is nothing for it; the row says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """What becomes of an option.

    *key* is where its meaning stands here: a key of a mailbox in mailboxes.yaml, or
    what *words* say; "" if nowhere. *told* options are named by the import with their
    words, where they are set; *as_no* ones where they say no: that is what they can't
    be here.
    """

    fate: Fate
    key: str
    words: str
    told: bool = False
    as_no: bool = False

    def told_for(self, value: str) -> bool:
        """Whether the import has to name it, where it is set to *value*."""
        if self.as_no:
            return value.lower() in FALSE
        return self.told and value.lower() not in FALSE

    @property
    def said(self) -> str:
        """Key and words, as one sentence."""
        return ": ".join(
            filter(None, (f"`{self.key}`" if self.key else "", self.words))
        )


def _same(key: str, words: str = "", *, told: bool = False) -> Row:
    return Row(Fate.SAME, key, words, told)


def _other(key: str, words: str = "", *, told: bool = False) -> Row:
    return Row(Fate.OTHER, key, words, told)


def _always(words: str) -> Row:
    """What it turns on is on here, and can't be turned off."""
    return Row(Fate.OTHER, "", words, told=True, as_no=True)


def _not(words: str) -> Row:
    return Row(Fate.NOT, "", words, told=True)


_IMAP = _not("no second store: mail with the sound attached, or the API")
_SUBJECT = _other(
    "tell: words", "a prompt, in each language of the site: write it", told=True
)
_DIRECTORY = _not("there is no directory by name; a menu or a spoken number leads")
_NO_SMDI = _not("lamps are lit by SIP; a serial line to a switch is not supported")
_NO_ADSI = _not("screens of analogue phones of the 1990s are not supported")
_CONTEXTS = "one site, one range of numbers: box@context becomes `context_box`"
_ODBC = _not("rows are in the site's own database (`database:`), sound is on the disk")
_QUEUES = _not("it is about a queue inside Asterisk; nothing here waits in it")

GENERAL: dict[str, Row] = {
    # What is kept
    "format": _not("kept as WAV of 8 kHz; mail attaches WAV or Opus (`attach`)"),
    "maxmsg": _other(
        "most", "of all that are kept, not of each folder; 0: greeting only"
    ),
    "maxsecs": _other(
        "length", "the second one of `2s..180s`; 1 h where it has no limit"
    ),
    "maxmessage": _other("length", "the old name of maxsecs"),
    "minsecs": _other("length", "the first one of `2s..180s`"),
    "minmessage": _other("length", "the old name of minsecs"),
    "maxsilence": _same("silence", "and it is cut off at the end"),
    "silencethreshold": _not(
        "silence is told by loudness against the call's own noise; no number to set"
    ),
    "backupdeleted": _other(
        "keep: deleted",
        "by time, not by count: what is deleted can be brought back for 7 days",
        told=True,
    ),
    "maxgreet": _not("a greeting is 60 s at most"),
    "volgain": _not("levels stay as they were spoken"),
    "attachextrecs": _not("no recordings of other programs are put into a mailbox"),
    # Leaving
    "review": _same("review"),
    "leaveurgent": _other("urgent"),
    "operator": _other(
        "keys", "keys of the flow's `voicemail` step: 0 and its way", told=True
    ),
    "exitcontext": _other(
        "keys", "where a key leads stands in the flow's `voicemail` step", told=True
    ),
    # Hearing
    "maxlogins": _not("3 tries a call, and a lock-out that counts over all calls"),
    "minpassword": _other("min_pin", "4 where it is less"),
    "saycid": _other("say: caller"),
    "envelope": _other("say: when"),
    "sayduration": _other("say: length"),
    "saydurationm": _other("say: length", "minutes"),
    "cidinternalcontexts": _not("numbers of mailboxes are known as such anyway"),
    "moveheard": _always("always: what was heard is old; 9 and 0 make it new again"),
    "nextaftercmd": _other("next_after"),
    "messagewrap": _other("wrap"),
    "skipms": _other("listen_keys: skip", "seconds, for the whole site"),
    "forward_urgent_auto": _always(
        "always: what is urgent stays so when it is sent on"
    ),
    "sendvoicemail": _other("may: send"),
    "callback": _other(
        "may: call_back",
        "numbers are called as the site's `outbound` allows; no context",
        told=True,
    ),
    "dialout": _not("calls to any number from a mailbox are how tolls are stolen"),
    "forcename": _not("a PIN that is the mailbox's number must be changed first"),
    "forcegreetings": _not("a PIN that is the mailbox's number must be changed first"),
    "tempgreetwarn": _always(
        "always: the settings say that a temporary greeting is on"
    ),
    "usedirectory": _DIRECTORY,
    "directoryintro": _DIRECTORY,
    "listen-control-forward-key": _other("listen_keys: forward", "for the whole site"),
    "listen-control-reverse-key": _other("listen_keys: back", "for the whole site"),
    "listen-control-pause-key": _other("listen_keys: pause", "for the whole site"),
    "listen-control-restart-key": _other("listen_keys: restart", "for the whole site"),
    "listen-control-stop-key": _not("all other keys stop it, and do what they mean"),
    # Telling people
    "attach": _other("tell: attach", "wav or none"),
    "serveremail": _other("smtp: from", "a setting of the service", told=True),
    "fromstring": _other("smtp: from", "a setting of the service", told=True),
    "mailcmd": _other("smtp", "a setting of the service: host and port", told=True),
    "charset": _not("always UTF-8"),
    "pbxskip": _not("no [PBX]: stands in a subject; the words are a prompt's"),
    "emailsubject": _SUBJECT,
    "emailbody": _SUBJECT,
    "emaildateformat": _SUBJECT,
    "pagerfromstring": _other("smtp: from", "a setting of the service", told=True),
    "pagersubject": _SUBJECT,
    "pagerbody": _SUBJECT,
    "pagerdateformat": _SUBJECT,
    "externnotify": _other(
        "tell: webhook",
        "no program is run: `tell: [{webhook: URL}]`, or GET /api/events",
        told=True,
    ),
    "pollmailboxes": _not(
        "not needed: what a database holds is not looked for on disk"
    ),
    "pollfreq": _not("not needed: what a database holds is not looked for on disk"),
    "smdienable": _NO_SMDI,
    "smdiport": _NO_SMDI,
    # PINs
    "externpass": _not("PINs are hashed and never leave the service"),
    "externpassnotify": _not("PINs are hashed and never leave the service"),
    "externpasscheck": _not(
        "no program sees a PIN; easy ones are refused, and `min_pin`"
    ),
    "passwordlocation": _not(
        "PINs are hashed, in the database; those of spooldir come in with the spool"
    ),
    # Language and time
    "tz": _other(
        "timezone",
        "of the site, in site.yaml; how a time is said, by language",
        told=True,
    ),
    "locale": _other(
        "language", "words and dates are those of the language", told=True
    ),
    # Names
    "aliasescontext": _not(
        "a mailbox has one `number`; numbers.yaml gives it more ways in"
    ),
    "userscontext": _not("mailboxes of users.conf are not read: write them here"),
    "searchcontexts": _not(_CONTEXTS),
    # Prompts
    "vm-login": _other("prompt box_number", "its words and recordings", told=True),
    "vm-newuser": _not("nothing is said of that; who must change his PIN is asked to"),
    "vm-password": _other("prompt box_pin", "its words and recordings", told=True),
    "vm-newpassword": _other(
        "prompt box_new_pin", "its words and recordings", told=True
    ),
    "vm-passchanged": _other(
        "prompt box_pin_changed", "its words and recordings", told=True
    ),
    "vm-reenterpassword": _other(
        "prompt box_new_pin_again", "its words and recordings", told=True
    ),
    "vm-mismatch": _other(
        "prompt box_pin_differs", "its words and recordings", told=True
    ),
    "vm-invalid-password": _other(
        "prompt box_pin_easy", "its words and recordings", told=True
    ),
    "vm-pls-try-again": _other(
        "prompt box_wrong", "its words and recordings", told=True
    ),
    "vm-prepend-timeout": _not("a comment ends with silence or with a key, untold"),
    # Stores, and machines of their time
    "odbcstorage": _ODBC,
    "odbctable": _ODBC,
    "odbc_audio_on_disk": _ODBC,
    "imapserver": _IMAP,
    "imapport": _IMAP,
    "imapflags": _IMAP,
    "imapfolder": _IMAP,
    "imapparentfolder": _IMAP,
    "imapgreetings": _IMAP,
    "greetingsfolder": _IMAP,
    "greetingfolder": _IMAP,
    "authuser": _IMAP,
    "authpassword": _IMAP,
    "expungeonhangup": _IMAP,
    "imapreadtimeout": _IMAP,
    "imapwritetimeout": _IMAP,
    "imapopentimeout": _IMAP,
    "imapclosetimeout": _IMAP,
    "imap_poll_logout": _IMAP,
    "adsifdn": _NO_ADSI,
    "adsisec": _NO_ADSI,
    "adsiver": _NO_ADSI,
    "tps_queue_high": _QUEUES,
    "tps_queue_low": _QUEUES,
}
"""Options of [general]."""

ONE_BOX: dict[str, Row] = {
    "attachfmt": _other("tell: attach", "wav; `opus` is smaller: write it", told=True),
    "delete": _other("delete_after_mail", "deleted once the mail is handed over"),
    "deletevoicemail": _other(
        "delete_after_mail", "deleted once the mail is handed over"
    ),
    "language": _same("language", "of mail, texts and transcripts"),
    "options": _not("options stand side by side, not within each other"),
    "alias": _DIRECTORY,
    "hidefromdir": _DIRECTORY,
    "imapuser": _IMAP,
    "imappassword": _IMAP,
    "imapsecret": _IMAP,
    "imapvmshareid": _IMAP,
}
"""Options that only a mailbox's line has."""

BOTH = frozenset(
    (
        "attach",
        "attachextrecs",
        "serveremail",
        "fromstring",
        "emailbody",
        "emailsubject",
        "tz",
        "locale",
        "imapserver",
        "imapport",
        "imapflags",
        "imapfolder",
        "saycid",
        "sendvoicemail",
        "review",
        "leaveurgent",
        "tempgreetwarn",
        "messagewrap",
        "operator",
        "envelope",
        "moveheard",
        "sayduration",
        "saydurationm",
        "forcename",
        "forcegreetings",
        "callback",
        "dialout",
        "exitcontext",
        "minsecs",
        "maxsecs",
        "maxmessage",
        "maxmsg",
        "nextaftercmd",
        "backupdeleted",
        "volgain",
        "passwordlocation",
    )
)
"""Options of [general] that a mailbox's line may have too."""

LINE: dict[str, Row] = {
    "mailbox": _other("number", "what is entered to hear it; must be unique in a site"),
    "password": _other("PIN", "hashed at once; stands in no file"),
    "password (-)": _other("PIN", "one that can't be changed by phone"),
    "name": _other("title"),
    "email": _other("tell: email", "one `{email}` for each address between `|`"),
    "pager": _other("tell: email", "`{email}` without attachment; or write `{sms}`"),
    "options": _other("keys", "as the tables say, between `|`"),
}
"""What `mailbox => password,name,email,pager,options` holds."""

SECTIONS: dict[str, Row] = {
    "[zonemessages]": _other("timezone", "of the site, in site.yaml", told=True),
    "[aliases]": GENERAL["aliasescontext"],
    "[context]": _other("name", _CONTEXTS),
    "users.conf": GENERAL["userscontext"],
    "realtime": _not("mailboxes of a database are not read: export them as lines"),
}
"""Sections, and other places that mailboxes come from."""

LEAVING: dict[str, Row] = {
    "mailbox@context": _other("voicemail", "the mailbox's name, in the flow's step"),
    "mailbox&mailbox": _other("voicemail", "a list: one recording, several mailboxes"),
    "b": _other("kind", "busy"),
    "u": _other("kind", "unavailable"),
    "s": _other("instructions", "no"),
    "S": _other("instructions", "no: they follow no greeting that somebody recorded"),
    "d(c)": _other("keys", "each with the step where it leads"),
    "e": _always("a greeting is played as the call stands; an `answer` step answers"),
    "g(#)": _not("levels stay as they were spoken"),
    "t(x)": _not("the tone is a sound of the site"),
    "U": _other("urgent", "yes"),
    "P": _not("a message is urgent or not"),
    "0": _other("keys", "0 of the step"),
    "*": _other("keys", "* of the step"),
}
"""Arguments, options and keys of VoiceMail()."""

HEARING: dict[str, Row] = {
    "mailbox@context": _other("listen", "the mailbox's name: the PIN alone is asked"),
    "p": _not("the whole number is entered"),
    "g(#)": _not("levels stay as they were spoken"),
    "s": _not("no mailbox opens without a PIN"),
    "a(folder)": _other("folder", "of the step: new, old, work, family or friends"),
    "r": _other("may: delete", "no: of the mailbox"),
    "*": _other("failed", "a way of the step"),
}
"""Arguments, options and keys of VoiceMailMain()."""

VMSTATUS: dict[str, Row] = {
    "SUCCESS": _other("then"),
    "USEREXIT": _other("keys", "the way of the key"),
    "FAILED": _other("failed", "or `full`, or `error`: the reason is known"),
}
"""What VoiceMail() leaves in that variable: ways out of the step."""

AROUND: dict[str, Row] = {
    "VMAuthenticate()": _other("authenticate", "a step: the agent's number and PIN"),
    "VoiceMailPlayMsg()": _not("messages are heard in their mailbox, or by the API"),
    "VMSayName()": _not("a name is said where a mailbox greets"),
    "VM_INFO()": _not("the API tells: no dialplan asks"),
    "VoicemailUsersList": _other("GET /api/mailboxes"),
    "VoicemailUserStatus": _other("GET /api/mailboxes"),
    "VoicemailBoxSummary": _other("GET /api/mailboxes"),
    "VoicemailRefresh": _not("not needed: what a database holds is never stale"),
    "VoicemailMove": _other("POST /api/messages"),
    "VoicemailRemove": _other("POST /api/messages"),
    "VoicemailForward": _other("POST /api/messages"),
}
"""Applications, functions and actions of AMI beside them."""

TABLES: dict[str, dict[str, Row]] = {
    "[general]": GENERAL,
    "A mailbox's line": LINE,
    "Options of a mailbox alone": ONE_BOX,
    "Sections and other places": SECTIONS,
    "VoiceMail()": LEAVING,
    "VoiceMailMain()": HEARING,
    "VMSTATUS": VMSTATUS,
    "Beside them": AROUND,
}
"""All of them, as the page has them: heading -> rows."""

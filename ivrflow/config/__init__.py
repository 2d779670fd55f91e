"""The service's settings: what differs from machine to machine, and nothing else.

What callers hear and where they are led stands in the site's folder and is the same
everywhere; here stand addresses, folders and the files that hold secrets. Passwords are
in files of their own, so that this one can be shown and kept in a repository.

    site: /etc/ivrflow/hotline
    database: sqlite:////var/lib/ivrflow/ivrflow.db
    pepper_file: /etc/ivrflow/pepper
    ari: {url: http://127.0.0.1:8088/ari, user: ivrflow, password_file: /etc/...}
    ami: {port: 5038, user: ivrflow, password_file: /etc/ivrflow/ami}
    api: {port: 8090, token_file: /etc/ivrflow/token}
    sounds: /usr/share/ivrflow/sounds
    databases: {crm: sqlite:////var/lib/ivrflow/crm.db}
    secrets: {erp: /etc/ivrflow/erp}
    keys: {core: /etc/ivrflow/core.pem}
    smtp: {host: mail.example.com, from: ivr@example.com, user: ivr,
           password_file: /etc/ivrflow/smtp}
    sms: {url: https://sms.example.com/send, token_file: /etc/ivrflow/sms}
    webhook_key_file: /etc/ivrflow/webhook
    alarms: {webhook: https://pager.example.com/in, mail: [floor@example.com]}
    metrics: {token_file: /etc/ivrflow/metrics}
    logs: {format: journal}
    traces: {url: "http://127.0.0.1:4318"}
    limits: {calls: 500, caller: {after: 10, within: 1h, for: 1h}}
    speech: {cache: /var/cache/ivrflow/speech, voices: {en: {with: espeak-ng}}}

A path that is not absolute counts from the settings' own folder.

They come in layers (`layers`): that file, `conf.d/*.yaml` beside it, and variables such
as `IVRFLOW_ARI__URL`. The models are the one place where a setting is declared: merging
(`shape`), the file to begin with (`default`), the reference page (`reference`) and what
is shown (`showing`) are made from them.
"""

from ivrflow.config.asterisk import SHORTEST_DEAD_MAN, AmiAt, Ari, EventsFrom
from ivrflow.config.keep import KeepOf
from ivrflow.config.kinds import Moment, Port
from ivrflow.config.limits import LimitsOf, WrongPins
from ivrflow.config.outbound import NumberTemplate, OutboundTo, Prefix
from ivrflow.config.reading import read_settings
from ivrflow.config.sending import AlarmsTo, SmsAt, SmtpAt
from ivrflow.config.settings import ApiAt, BadConfig, Settings
from ivrflow.config.speech import SpeechAt, VoiceOf

__all__ = [
    "SHORTEST_DEAD_MAN",
    "AlarmsTo",
    "AmiAt",
    "ApiAt",
    "Ari",
    "BadConfig",
    "EventsFrom",
    "KeepOf",
    "LimitsOf",
    "Moment",
    "NumberTemplate",
    "OutboundTo",
    "Port",
    "Prefix",
    "Settings",
    "SmsAt",
    "SmtpAt",
    "SpeechAt",
    "VoiceOf",
    "WrongPins",
    "read_settings",
]

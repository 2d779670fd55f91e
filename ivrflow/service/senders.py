"""What carries things out of the house, built as the settings have it.

A part of the service: like it, this names concrete classes. What the settings don't
have is not there: mail without `smtp:` stays in the outbox, a code by text message
without `sms:` is an error that the flow takes its way out for.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ivrflow.aio import supervise
from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.text_messages import SipGateway
from ivrflow.config import BadConfig, Settings, SmsAt, WrongPins
from ivrflow.db.outbox import SqlOutbox
from ivrflow.flow.site import Site
from ivrflow.flow.site.mailboxes import CHANNELS
from ivrflow.flow.text_messages import SmsCourier, TextGateway
from ivrflow.flow.told_by_phone import (
    CHANNEL,
    MOST_CALLS,
    ToldByPhone,
    pause_of_calls,
)
from ivrflow.flow.world import Courier, Judge, Limit, PinLimits
from ivrflow.mail.delivery import Carrier, Delivery, Pace
from ivrflow.mail.smtp import MailCourier, MailServer
from ivrflow.service.alarms import WEBHOOK
from ivrflow.service.notices import OfMessages, encoded
from ivrflow.web.addresses import AnyHost, Hosts
from ivrflow.web.client import GuardedClient
from ivrflow.web.posting import HttpGateway, HttpJudge, WebhookCourier
from ivrflow.web.sealing import BadKey, Seal, read_seal

SIP_ENDPOINT = re.compile(r"pjsip:[A-Za-z0-9_.:/@-]*\{number\}[A-Za-z0-9_.:/@-]*")
SIP_SENDER = re.compile(r"sips?:[A-Za-z0-9_.+-]+@[A-Za-z0-9_.:-]+")

BY_PHONE = Pace(
    every=5.0,
    at_once=1,
    longest=3600.0,
    renewed=30.0,
    pause=pause_of_calls,
    tries=MOST_CALLS,
)
"""How people are called who are told of messages."""

PHONES = 2
"""How many of them at once."""


@dataclass(frozen=True, kw_only=True)
class Senders:
    """All that carries, for the world of the calls and for the service."""

    outbox: SqlOutbox
    couriers: Mapping[str, Courier]
    judge: Judge
    pin_limits: PinLimits
    delivery: Delivery
    _hosts: Hosts

    def follow(self, site: Site) -> None:
        """Reach the hosts of a new version too. Old calls keep those of theirs."""
        self._hosts.add(map(str, site.settings.hosts))

    def for_world(self) -> dict[str, Any]:
        """The fields of a `World` that come from here."""
        return {
            "outbox": self.outbox,
            "couriers": self.couriers,
            "judge": self.judge,
            "pin_limits": self.pin_limits,
        }


@asynccontextmanager
async def senders(
    settings: Settings,
    site: Site,
    outbox: SqlOutbox,
    clock: Callable[[], float],
    asterisk: Client,
    messages: OfMessages,
) -> AsyncIterator[Senders]:
    """Build them; connections are closed after the block. Raises `BadConfig`.

    *clock* is seconds since 1970. *asterisk* sends text messages where the settings say
    so. *messages* is what letters about messages are made of.
    """
    hosts = Hosts([str(host) for host in site.settings.hosts])
    keys = {str(name): _seal(settings, file) for name, file in settings.keys.items()}
    signing = settings.webhook_key_file
    carriers: dict[str, Any] = {}
    if settings.smtp is not None:
        carriers["email"] = MailCourier(
            server=mail_server(settings),
            sound=messages.sound,
            told=messages.told,
            encode=encoded,
            handed_over=messages.handed_over,
        )
    sms = settings.sms
    async with (
        GuardedClient(hosts) as client,
        GuardedClient(AnyHost()) as to_gateway,
    ):
        carriers["webhook"] = WebhookCourier(
            client,
            clock,
            settings.secret(signing) if signing else None,
            messages.told,
        )
        if sms is not None:
            carriers["sms"] = SmsCourier(
                _gateway(settings, sms, to_gateway, asterisk), messages.told
            )
        # Not for flows: it reaches any host, since only the settings say which.
        to_operator = WebhookCourier(
            to_gateway, clock, settings.secret(signing) if signing else None
        )
        carry: dict[str, Carrier] = {**carriers, WEBHOOK: to_operator}
        yield Senders(
            outbox=outbox,
            couriers=carriers,
            judge=HttpJudge(client, keys, clock),
            pin_limits=pin_limits(settings),
            delivery=Delivery(outbox, carry, clock, others=[CHANNEL]),
            _hosts=hosts,
        )


def telling_by_phone(
    told: ToldByPhone, outbox: SqlOutbox, clock: Callable[[], float]
) -> Sequence[Coroutine[Any, Any, None]]:
    """The workers that tell people by phone; *clock* is seconds since 1970.

    They run as long as calls are taken, and beside the one for all other letters, which
    waits for nobody to answer.
    """
    delivery = Delivery(
        outbox, {CHANNEL: told}, clock, pace=BY_PHONE, others={WEBHOOK, *CHANNELS}
    )

    async def work() -> None:
        await told.claimed()
        await delivery.run()

    return [supervise(f"telling by phone {n + 1}", work) for n in range(PHONES)]


def pin_limits(settings: Settings) -> PinLimits:
    """How many wrong PINs may come, as the settings have it."""
    limits = settings.limits
    if limits is None:
        return PinLimits()
    return PinLimits(
        caller=_limit(limits.caller),
        dialled=_limit(limits.dialled),
        all=_limit(limits.all),
    )


def _limit(wrong: WrongPins | None) -> Limit | None:
    if wrong is None:
        return None
    return Limit(int(wrong.after), float(wrong.within), float(wrong.lasting))


def _gateway(
    settings: Settings, sms: SmsAt, client: GuardedClient, asterisk: Client
) -> TextGateway:
    if (sms.url is None) == (sms.endpoint is None):
        raise BadConfig("sms: write either url or endpoint")
    if sms.endpoint is not None:
        return _sip_gateway(sms, asterisk)
    try:
        scheme = urlsplit(str(sms.url)).scheme
    except ValueError:  # http://[ and the like
        scheme = ""
    if scheme not in ("http", "https"):
        raise BadConfig(f"sms: url: {sms.url} is no url: write https://...")
    token = settings.secret(sms.token_file) if sms.token_file else None
    return HttpGateway(client, str(sms.url), str(sms.sender), token)


def _sip_gateway(sms: SmsAt, asterisk: Client) -> SipGateway:
    if sms.token_file is not None:
        raise BadConfig("sms: a token_file belongs to a url, not to an endpoint")
    if not SIP_ENDPOINT.fullmatch(str(sms.endpoint)):
        raise BadConfig(
            f"sms: endpoint: {sms.endpoint} is none: write pjsip:{{number}}@TRUNK"
        )
    if sms.sender and not SIP_SENDER.fullmatch(str(sms.sender)):
        raise BadConfig(f"sms: from: {sms.sender} is no SIP address: sip:95533@HOST")
    return SipGateway(asterisk, str(sms.endpoint), str(sms.sender))


def mail_server(settings: Settings) -> MailServer:
    """The mail server of the settings, which have one. Raises `BadConfig`."""
    smtp = settings.smtp
    assert smtp is not None
    if (smtp.user is None) != (smtp.password_file is None):
        raise BadConfig("smtp: user and password_file belong together")
    if smtp.user is not None and smtp.tls == "no":
        raise BadConfig("smtp: a password without tls could be read by anyone")
    return MailServer(
        host=str(smtp.host),
        port=int(smtp.port),
        sender=str(smtp.sender),
        user=str(smtp.user or ""),
        password=settings.secret(smtp.password_file) if smtp.password_file else None,
        tls=smtp.tls,
    )


def _seal(settings: Settings, file: str) -> Seal:
    try:
        return read_seal(settings.secret(file))
    except BadKey as bad:
        raise BadConfig(f"{settings.path(file)}: {bad}") from None

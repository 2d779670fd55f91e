"""What SIP messages say: the only file that knows opensip.

Of it we take what is pure: parsing and writing messages, digest authentication, SDP.
Its user agent sends each message once, can't cancel, sends silence too slowly and
hears nothing after the first pause, so the rest of a phone is ours. opensip is young:
it's pinned to one version, and as it has no types, a message is `Any`.
"""

# mypy: disable-error-code="import-untyped,import-not-found"
from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ivrflow.sim.phone.rtp import Address
from ivrflow.telephony.channel import Cause

try:
    from opensip.auth import Challenge, build_authorization
    from opensip.exceptions import OpenSIPError
    from opensip.headers import URI, NameAddr
    from opensip.message import Headers, SIPRequest, SIPResponse, parse_message
    from opensip.sdp import Codec, SDPSession, make_audio_offer
    from opensip.utils import new_branch, new_call_id, new_tag
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "robot phones need opensip; install it with: pip install 'ivrflow[demo]'"
    ) from error

ALLOWED = "INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY, INFO, UPDATE"

_REASONS = {
    100: "Trying",
    180: "Ringing",
    200: "OK",
    404: "Not Found",
    480: "Temporarily Unavailable",
    481: "Call Does Not Exist",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    501: "Not Implemented",
    603: "Decline",
}


class CallRefused(Exception):
    """The far end did not take the call, or the registration.

    *status* is SIP's: 486 busy, 404 no such number, 401 wrong password, 408 if nothing
    answered at all.
    """

    def __init__(self, status: int, reason: str, what: str) -> None:
        super().__init__(f"{what} refused: {status} {reason}")
        self.status = status
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Login:
    """What a digest challenge is answered with."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Media:
    """Where the far end wants its RTP, and as which payload type its keys."""

    address: Address
    event_type: int


# Addresses ------------------------------------------------------------------------


def uri(user: str, server: Address) -> str:
    """Return the URI of *user* at *server*; of the server itself if *user* is ""."""
    return str(URI(user=user or None, host=server[0], port=server[1]))


def address(user: str, host: str, *, display: str = "") -> str:
    """Return From or To for *user*, without a tag.

    A control character could begin a header of its own, and is refused with a
    `ValueError`; all else is quoted.
    """
    for text in (user, display):
        if re.search(r"[\x00-\x1f\x7f]", text):
            raise ValueError(f"{text!r} has a control character in it")
    quoted = display.replace("\\", "\\\\").replace('"', '\\"')
    name = f'"{quoted}" ' if display else ""
    return f"{name}<{URI(user=user, host=host)}>"


def tagged(address: str) -> str:
    """Return *address* with a new tag, which tells this call from all others."""
    return f"{address};tag={new_tag()}"


def caller(invite: Any) -> tuple[str, str]:
    """Return number and displayed name of who sent *invite*."""
    from_ = NameAddr.parse(invite.headers["From"])
    return from_.uri.user or "", from_.display or ""


def contact(message: Any) -> str:
    """Return the URI at which the sender of *message* is reached, or ""."""
    value = message.headers.get("Contact")
    return str(NameAddr.parse(value).uri) if value else ""


def asked_for(request: Any) -> str:
    """Return the user part of the URI that *request* asks for."""
    return URI.parse(request.request_uri).user or ""


def text(request: Any) -> str:
    """Return the words of a text message (RFC 3428)."""
    return bytes(request.body or b"").decode("utf-8", "replace")


# Messages -------------------------------------------------------------------------


def parse(datagram: bytes) -> Any:
    """Return the request or response in *datagram*, None if it isn't a whole one."""
    try:
        message = parse_message(datagram)
        key(message)
    except (OpenSIPError, ValueError):
        return None
    needed = ("From", "To", "Call-ID")
    return message if all(name in message.headers for name in needed) else None


def is_response(message: Any) -> bool:
    return isinstance(message, SIPResponse)


def key(message: Any) -> tuple[str, str]:
    """Return what a request, its repetitions and its answers share (17.1.3)."""
    branch = re.search(r";\s*branch=([^;,\s]+)", message.headers.get("Via") or "")
    number = message.cseq
    if branch is None or number is None:
        raise ValueError("a SIP message needs Via and CSeq")
    return branch[1], number[1]


def call_id(near: Address) -> str:
    """Return a new Call-ID."""
    return str(new_call_id(near[0]))


def request(
    method: str,
    target: str,
    near: Address,
    headers: Iterable[tuple[str, str]],
    body: bytes = b"",
) -> Any:
    """Return a request of *near* to *target*, in a new transaction."""
    via = f"SIP/2.0/UDP {near[0]}:{near[1]};rport;branch={new_branch()}"
    all_headers = Headers([("Via", via), ("Max-Forwards", "70"), ("Allow", ALLOWED)])
    for name, value in headers:
        all_headers.add(name, value)
    made = SIPRequest(method=method, request_uri=target, headers=all_headers)
    if body:
        made.set_body(body, "application/sdp")
    return made


def response(
    request: Any, status: int, *, to: str = "", contact: str = "", body: bytes = b""
) -> Any:
    """Return an answer to *request*. *to* is our side of a dialog, with its tag."""
    made = SIPResponse(status_code=status, reason=_REASONS.get(status, "-"))
    for name in ("Via", "Record-Route", "From", "To", "Call-ID", "CSeq"):
        for value in request.headers.get_all(name):
            if name == "To" and ";tag=" not in value and status > 100:
                value = to or tagged(value)
            made.headers.add(name, value)
    made.headers.add("Allow", ALLOWED)
    if contact:
        made.headers.add("Contact", contact)
    if body:
        made.set_body(body, "application/sdp")
    return made


def no_answer() -> Any:
    """Return the response that we give ourselves when the far end gives none."""
    return SIPResponse(status_code=408, reason="no answer at all")


def ack(invite: Any, response: Any) -> Any:
    """Return the ACK of a refusal, which is part of its transaction (17.1.1.3)."""
    to = response.headers.get("To") or invite.headers["To"]
    return _like(invite, "ACK", to)


def cancel(invite: Any) -> Any:
    """Return the request that takes *invite* back (9.1)."""
    return _like(invite, "CANCEL", invite.headers["To"])


def _like(invite: Any, method: str, to: str) -> Any:
    made = SIPRequest(method=method, request_uri=invite.request_uri)
    for name in ("Via", "Max-Forwards", "From", "Call-ID"):
        made.headers.add(name, invite.headers[name])
    made.headers.add("To", to)
    made.headers.add("CSeq", f"{invite.cseq[0]} {method}")
    return made


def authorization(login: Login, request: Any, response: Any) -> tuple[str, str]:
    """Return the header that answers the challenge in *response*: name and value."""
    proxy = response.status_code == 407
    challenge = "Proxy-Authenticate" if proxy else "WWW-Authenticate"
    value = build_authorization(
        challenge=Challenge.from_header(response.headers.get(challenge) or ""),
        method=request.method,
        uri=request.request_uri,
        username=login.user,
        password=login.password,
        proxy=proxy,
    )
    return ("Proxy-Authorization" if proxy else "Authorization"), value


def cause(request: Any) -> Cause:
    """Return why *request* ends a call: its Q.850 cause, or a normal hang-up."""
    found = re.search(r"Q\.850\s*;\s*cause=(\d+)", request.headers.get("Reason") or "")
    return Cause(int(found[1])) if found else Cause.NORMAL_CLEARING


# Sound ----------------------------------------------------------------------------


def sdp(sound: Address, event_type: int = 101) -> bytes:
    """Return the description of G.711 u-law at *sound*, with keys as events."""
    events = Codec(payload_type=event_type, name="telephone-event", fmtp="0-15")
    made = make_audio_offer(*sound, [Codec(payload_type=0, name="PCMU"), events])
    return bytes(made.encode())


def media(message: Any) -> Media:
    """Return where the sender of *message* wants sound; `CallRefused` if nowhere."""
    try:
        session = SDPSession.parse(message.body)
        audio = next(part for part in session.media if part.media == "audio")
    except (OpenSIPError, StopIteration):
        raise CallRefused(488, "no sound in its SDP", "the far end's offer") from None
    host = audio.connection[1] if audio.connection else session.address
    events = [c.payload_type for c in audio.codecs if c.name == "telephone-event"]
    return Media(address=(host, audio.port), event_type=events[0] if events else 101)

"""S011: an entry that looks like a PIN, and is not secret (a warning).

What it saves, or the prompt that asks for it, bears the name of something that proves
who somebody is: a PIN, a password, the code on the back of a card, a one-time code.
Without `secret: yes` it stands in the records of every call. Say `secret: yes`, or give
it another name if it is none of these.

Wrong:

    pin: {ask: enter, digits: 4, save: pin, failed: hangup}
                                       ^

Right:

    pin: {ask: enter, digits: 4, save: pin, secret: yes, failed: hangup}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import warning
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site

PROVES = frozenset(
    (
        *("pin", "pins", "password", "passwd", "passcode", "passphrase", "otp", "totp"),
        *("cvv", "cvv2", "cvc", "cvc2", "cav2", "cid", "mpin", "tpin", "puk", "tan"),
    )
)
"""Words of a name that stand for a proof."""

TOGETHER = ("security_code", "one_time_code", "verification_code", "secret_code")


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        for node in flow.nodes.values():
            if node.verb != "ask" or getattr(node.step, "secret", False):
                continue
            for name in (getattr(node.step, key, None) for key in ("save", "prompt")):
                if name is not None and _proves(str(name)):
                    message = (
                        f"{str(name)!r} looks like a PIN or a password, and is not "
                        "secret: add `secret: yes`, or give it another name"
                    )
                    yield warning(name.at, "S011", message)
                    break


def _proves(name: str) -> bool:
    return bool(PROVES & set(name.split("_"))) or any(one in name for one in TOGETHER)

"""`listen_keys` of mailboxes.yaml: which key does what while messages are heard.

What a key may mean, and which ones clash, is told by `ivrflow.voicemail.keys`; here is
how it is written. A site that writes nothing has the digits of app_voicemail.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Self

from pydantic import Field, model_validator

from ivrflow.flow.kind import BAD_VALUE, Part, Written, bad
from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.measures import Duration
from ivrflow.flow.source import Mark, Scalar, Table, place_of
from ivrflow.voicemail.keys import KEYS, SKIP, Key, Keys, keys_of, wrong

SIGNS = {"star": "*", "hash": "#", "none": ""}
"""Words for what has no plain sign in YAML -> the sign."""

ACTS = tuple(key.value for key in Key)


class ListenAct(Written):
    """What a key does while messages are heard."""

    what = "something that a key does"
    pattern = "|".join(ACTS)
    examples = ("delete", "next", "forward")

    @classmethod
    def read(cls, value: Scalar) -> Self:
        if value not in ACTS:
            hint = did_you_mean(value, ACTS) or f"; there are: {', '.join(ACTS)}"
            raise bad(BAD_VALUE, f"{str(value)!r} is nothing that a key does{hint}")
        return cls(value, value.at)


class ListenKey(Written):
    """One key of a telephone: "0" to "9", "*", "#"; "" for none.

    Written 0-9, star, hash or none; the signs in quotes are understood too.
    """

    what = "a key (0-9, star, hash, or none)"
    pattern = r"[0-9*#]?|star|hash|none"
    examples = (7, "star", "hash", "none")

    @classmethod
    def read(cls, value: Scalar) -> Self:
        sign = SIGNS.get(value, str(value))
        if len(sign) > 1 or sign not in KEYS:
            raise bad(BAD_VALUE, f"{str(value)!r} is not {cls.what}")
        return cls(sign, value.at)


class ListenKeys(Part):
    """The keys of hearing messages, where they are not those of app_voicemail."""

    keys: dict[ListenAct, ListenKey] = Field(
        default_factory=dict,
        description="Act -> key; left out: as in app_voicemail.",
        json_schema_extra={"beside": True},
    )
    skip: Duration = Field(
        Duration(SKIP), description="How far `forward` and `back` skip."
    )

    @model_validator(mode="before")
    @classmethod
    def _apart(cls, value: Any) -> Any:
        if not isinstance(value, Table) or "keys" in value:
            return value
        rest, keys = Table(), Table()
        rest.at = keys.at = value.at
        for name, inside in value.items():
            (rest if name in cls.model_fields else keys)[name] = inside
        rest[Scalar("keys", value.at)] = keys
        return rest

    def wrong(self) -> list[tuple[Mark, str]]:
        """What can't be meant, such as a key for two acts: where, and its cure."""
        given = self._given()
        return [
            (self._place_of(problem), problem)
            for problem in wrong(given, float(self.skip))
        ]

    @cached_property
    def effective(self) -> Keys:
        """The keys of the site; the usual ones where something is `wrong`."""
        try:
            return keys_of(self._given(), float(self.skip))
        except ValueError:
            return Keys()  # the checker tells: such a site never starts

    def _given(self) -> dict[str, str]:
        return {str(act): str(key) for act, key in self.keys.items()}

    def _place_of(self, problem: str) -> Mark:
        """Where the first act stands that *problem* names; else where all of it does.

        Of two acts with one key the second one is looked for first: the first one may
        have its key by default.
        """
        named = [
            (problem.rfind(f"'{act}'"), problem.startswith(f"{act}:"), act)
            for act in self.keys
        ]
        found = [(at, act) for at, begins, act in named if at >= 0 or begins]
        if found:
            return place_of(max(found, key=lambda one: one[0])[1])
        return self.skip.at if self.skip.at.line else self.at

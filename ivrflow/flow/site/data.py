"""data.yaml: what the flows look up and store.

    retailers:
      database: crm
      sql: select id, name, pin_hash from retailer where card = :card
      gives: {id: number, name: text}
      verify: {pin: pin_hash}
      timeout: 2s

A source is a look-up in a database (`sql`), one over HTTP (`get`, `post`), or a store
of one row (`insert`, or `post` used by the verb `store`). The databases themselves,
with their passwords, stand in the service's settings.

Two look-ups of the same record write its columns once: the second one says `like:
retailers` instead of `gives`, and its rows are rows of `retailers` everywhere.

A store that names a unique column of its table, `once: call_step`, writes each row
once, though the service may die just then and do the step again.

With `many: 20` it looks up a list of at most so many rows. Over HTTP `json` says where
in the answer a column stands, and `rows` where the list does, as a dotted way in which
a number counts the items of a list from 0: `data.items`, `parcels.0.state`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from ivrflow.flow.kind import Named
from ivrflow.flow.kinds import (
    Duration,
    Name,
    Part,
    Plain,
    PromptName,
    SourceName,
    Text,
    Whole,
    bad,
)
from ivrflow.flow.source import Table

KINDS = ("text", "number", "money", "yes/no", "date", "time", "duration", "phone")
"""The types that a value may have."""

MOST_ROWS = 1000
MOST_RETRIES = 5

_APART = (
    ("cache", "verify", "who calls is proved anew each time"),
    ("cache", "insert", "a store has no answer"),
    ("once", "sql", "it is for a row that is stored"),
    ("once", "get", "it is for a row that is stored"),
    ("once", "post", "a server is told by the header Idempotency-Key"),
    ("like", "gives", "it gives what that one gives"),
    ("many", "verify", "one row is proved, or none"),
    ("many", "insert", "a store has no answer"),
    ("json", "database", "it is for answers over HTTP"),
    ("rows", "database", "it is for answers over HTTP"),
    ("headers", "database", "they are for HTTP"),
)
"""Keys that mean nothing together, and why."""

TypeName = Literal[
    "text", "number", "money", "yes/no", "date", "time", "duration", "phone"
]


class Gives(Part):
    """What one column holds. Written `number`, or `{one_of: [north, east]}`."""

    short = "kind"

    kind: TypeName = Field("text", alias="type", description="The column's type.")
    one_of: tuple[Plain, ...] | None = Field(
        None,
        examples=[["north", "east"]],
        description="All values that the column may have; another one is an error.",
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and set(value) == {"kind"}:
            return {"type": value["kind"]}
        return value


class Verify(Part):
    """What proves a PIN: the column with its hash, or a core system that judges it.

    The core system gets `{"key": KEY, "sealed": ...}` in a POST and answers
    `{"ok": true}`. Sealed with the key are the card, the PIN and the time, as one JSON
    object: the PIN goes nowhere else, and is worth nothing without its card.
    """

    short = "column"

    column: Name | None = Field(None, description="The column with an argon2id hash.")
    post: Plain | None = Field(None, description="The URL of the core system.")
    encrypt: Name | None = Field(
        None, description="The key that seals the PIN, as the settings' `keys` name it."
    )

    @model_validator(mode="before")
    @classmethod
    def _one_way(cls, value: Any) -> Any:
        if isinstance(value, Table):
            if ("column" in value) == ("post" in value):
                message = (
                    "a PIN is proved by a column, or by `{post: URL, encrypt: KEY}`"
                )
                raise bad("D002", message, value.at)
            if ("post" in value) != ("encrypt" in value):
                message = "`post` and `encrypt` belong together: no PIN leaves unsealed"
                raise bad("D002", message, value.at)
        return value


class DataSource(Named):
    """One look-up, or one store."""

    database: Name | None = Field(
        None,
        examples=["crm"],
        description="The database's name in the service's settings.",
    )
    sql: Plain | None = Field(
        None,
        examples=["select id, name from customer where card = :card"],
        description="A select; values are bound as `:name`, never pasted.",
    )
    insert: Name | None = Field(
        None,
        examples=["wish"],
        description="A table; one row, its columns are the names in `with`.",
    )
    once: Name | None = Field(
        None,
        examples=["call_step"],
        description="A unique column of the table of `insert`: it gets the call and "
        "the step, so that the row is there once, whatever happens meanwhile.",
    )
    get: Text | None = Field(
        None,
        examples=["https://api.example.com/orders/${number}"],
        description="A URL whose answer is JSON.",
    )
    post: Text | None = Field(
        None, description="A URL that gets the values of `with` as one JSON object."
    )
    many: Whole | None = Field(
        None, description="Looks up a list: at most so many rows, 1 to 1000."
    )
    rows: Plain | None = Field(
        None,
        examples=["data.items"],
        description="Where in the answer the list stands; else it is the answer.",
    )
    headers: dict[Plain, Text] = Field(
        default_factory=dict,
        examples=[{"Authorization": "Bearer ${secret.orders}"}],
        description="HTTP headers; `${secret.NAME}` is allowed.",
    )
    json_path: dict[Name, Plain] | None = Field(
        None,
        alias="json",
        examples=[{"state": "data.0.state"}],
        description="Column -> where in the answer it stands.",
    )
    gives: dict[Name, Gives] = Field(
        default_factory=dict, description="Column -> type: the record of this name."
    )
    like: SourceName | None = Field(
        None, description="Another entry: this one `gives` the same columns."
    )
    verify: dict[Name, Verify] = Field(
        default_factory=dict,
        description="What proves who calls: entry -> column with its argon2id hash.",
    )
    timeout: Duration | None = Field(
        None, description="After this it is an error. Always set it."
    )
    retry: Whole = Field(
        Whole(0), description="How often a failed look-up is repeated."
    )
    cache: Duration | None = Field(None, description="How long an answer is kept.")
    filler: PromptName | None = Field(
        None, description="Said when it takes longer than a second."
    )

    @model_validator(mode="before")
    @classmethod
    def _one_way(cls, value: Any) -> Any:
        if not isinstance(value, Table):
            return value
        ways = [key for key in value if key in ("sql", "insert", "get", "post")]
        if len(ways) != 1:
            message = (
                "a source has one of sql, insert, get, post"
                if not ways
                else f"a source has {ways[0]!s} or {ways[1]!s}, not both"
            )
            raise bad("D002", message, (ways[1] if ways else value).at)
        if ways[0] in ("sql", "insert") and "database" not in value:
            message = f"{ways[0]!s} needs a `database`, as the settings name it"
            raise bad("D002", message, ways[0].at)
        return value

    @model_validator(mode="before")
    @classmethod
    def _fitting(cls, value: Any) -> Any:
        """Refuse keys that mean nothing beside each other."""
        if not isinstance(value, Table):
            return value
        for one, other, why in _APART:
            if one in value and other in value:
                key = value.key(one)
                message = f"{one!r} and {other!r} don't go together: {why}"
                raise bad("D002", message, key.at if key else value.at)
        if "rows" in value and "many" not in value:
            raise bad("D002", "`rows` is for a list: add `many: 20`", value.at)
        return value

    @field_validator("many")
    @classmethod
    def _some(cls, many: Whole | None) -> Whole | None:
        if many is not None and not 1 <= many <= MOST_ROWS:
            raise bad("D002", f"`many` is 1 to {MOST_ROWS}, not {many}")
        return many

    @field_validator("retry")
    @classmethod
    def _few(cls, retry: Whole) -> Whole:
        if retry > MOST_RETRIES:
            message = (
                f"{retry} tries more: nobody waits so long; at most {MOST_RETRIES}"
            )
            raise bad("D002", message)
        return retry

    @property
    def writes(self) -> bool:
        """True if it can only store."""
        return self.insert is not None

    @property
    def stores(self) -> bool:
        """True if the verb `store` may use it: an `insert`, or a `post`."""
        return self.insert is not None or self.post is not None

    @property
    def pin_column(self) -> str:
        """The column with the hash that `authenticate` compares; "" for none."""
        return next(iter(self.hash_columns), "")

    @property
    def hash_columns(self) -> tuple[str, ...]:
        """Columns with hashes: taken out of a row before a flow sees it."""
        return tuple(str(v.column) for v in self.verify.values() if v.column)

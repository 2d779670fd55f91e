"""What is said where there are no figures."""

NOTHING = (
    "nothing is kept of these days; figures are kept while the service runs (`ivrflow "
    "serve`), and `ivrflow report rebuild` makes them of older facts"
)


def nothing_of(what: str, name: str | None) -> str:
    """The same; where *name* was asked for, it may be a slip of the pen."""
    if name is None:
        return NOTHING
    return f"nothing is kept of {what} {name!r} in these days; without --{what} see all"

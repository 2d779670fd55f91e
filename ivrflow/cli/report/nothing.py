"""What is said where there are no figures."""

NOTHING = (
    "nothing is kept of these days; figures are kept while the service runs (`ivrflow "
    "serve`), and `ivrflow report rebuild` makes them of older facts"
)

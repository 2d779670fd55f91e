"""Where lines of the log come from, and how they are written.

`where` says whose call a task is about, so that each line of a call can name it;
`lines` makes text or JSON of a record; `journal` hands one to systemd; `more` lets the
calls of some numbers log more, for a time; `begin` puts it together. All code logs by
`logging`, as everywhere: nothing here must be imported for that.

No line holds a secret. A `Secret` shows itself as asterisks wherever it is formatted;
beyond that, what a caller has entered in confidence is taken out of each line of his
call, whoever wrote it there and as whatever type.
"""

"""Asterisk's REST interface, ARI: the way on which ivrflow drives calls.

From the wire up: `http` (bytes), `transport` (two lanes of connections), `codec`,
`wire` (generated: data, events, requests), `hub` (events to handlers), `outbound` (the
WebSocket that Asterisk opens to us), `link` (is Asterisk there?), `client` (all of
these together). On it stand `channel` and `switch`, the telephony room's `Channel` and
`Switch`, with `playing`, `recording`, `ringing` and `media` as their parts.
"""

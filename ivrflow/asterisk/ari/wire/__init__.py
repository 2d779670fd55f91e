"""ARI as Asterisk describes it: its data, its events and its requests.

Everything here but `base` is written by `ivrflow.asterisk.ari.generate`.
"""

"""Text to speech, speech to text, and the recordings of a site.

Providers speak (`provider` has what they share); `cache` keeps what they made; `build`
makes a site's recordings with them, and `live` what a running service has no recording
of. Whatever computes runs in a process or a thread of its own, never in the loop.
"""

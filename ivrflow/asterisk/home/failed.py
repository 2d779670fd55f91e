"""What goes wrong with a private Asterisk, for all modules here to raise."""


class AsteriskFailed(Exception):
    """Asterisk did not start, or stopped by itself; the text has its last words."""

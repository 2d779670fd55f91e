"""The real Asterisk, and our driver connected to it."""

from tests.adoption_rig import processes
from tests.asterisk_rig import ari, asterisk

__all__ = ["ari", "asterisk", "processes"]

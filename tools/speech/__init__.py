"""Making the recordings and hearing them again. Used by people, never by a call."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The speech models live in an environment of their own, where we are not installed.
sys.path.insert(0, str(ROOT))

"""ivrflow: answer calls, run flows written in YAML, hand callers to agents."""

__version__ = "0.1.0.dev0"

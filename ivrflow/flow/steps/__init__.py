"""One file per verb. Put a new one here; nothing else has to know."""

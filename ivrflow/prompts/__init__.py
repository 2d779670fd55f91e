"""Every word that is said, in each language, and the recordings that say it. Pure."""

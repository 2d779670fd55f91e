"""Programs that we can fetch for a user: Debian's packages, unpacked, without root."""

"""Mail, and the delivery of all that waits in the outbox."""

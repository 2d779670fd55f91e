"""What flows ask other systems over HTTP."""

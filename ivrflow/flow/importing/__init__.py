"""What others have written, made into a site's files; what can't be is named."""

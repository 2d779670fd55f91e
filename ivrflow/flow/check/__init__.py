"""What is wrong with a site: one file per rule."""

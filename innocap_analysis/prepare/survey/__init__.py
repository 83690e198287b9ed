"""Survey exports: whatever file a survey tool gives, read into one table of answers."""

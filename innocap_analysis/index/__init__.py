"""A table of choices becomes scores, ranks and verdicts, and all of it under other choices."""

"""Answers in, what may be told of groups out: small ones hidden, differences judged."""

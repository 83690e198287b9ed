"""Makes the files of made-up answers that ship with the repository, each marked SYNTHETIC."""

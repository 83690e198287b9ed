"""One command per change: every file of the project that must change, checked before it does."""

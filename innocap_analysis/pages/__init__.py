"""What is shown: a module for each notebook, and what they share."""

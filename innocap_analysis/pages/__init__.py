"""What readers see: one module per notebook, each on a view of the data."""

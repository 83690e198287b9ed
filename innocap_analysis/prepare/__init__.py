"""Raw files in, trusted tidy tables and a cleaning log out."""

"""Jobs: the dashboard, details, logs and results."""

"""Projects: who is in them, and which jobs."""

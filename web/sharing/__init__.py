"""Links that show a job: how their owners make them, and what their guests see."""

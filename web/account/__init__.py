"""The person's own page: who they are, where they are logged in, their data, the way out."""

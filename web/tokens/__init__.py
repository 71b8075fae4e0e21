"""The pages of personal access tokens."""

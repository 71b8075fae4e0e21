"""What an image of GAS runs (Dockerfile, docs/containers.md)."""

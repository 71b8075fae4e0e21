"""The image of deploy/container, built and run here without Docker and without a registry."""

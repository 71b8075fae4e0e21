"""What can be said of a file before it is uploaded, from its first lines."""

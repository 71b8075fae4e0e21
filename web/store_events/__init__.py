"""The door for events of a file store other than AWS."""

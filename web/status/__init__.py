"""The status page: whether the service works, for everybody to see."""

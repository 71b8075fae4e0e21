"""Help, for everybody."""

"""Fuzzing the engine: ``python -m tests.fuzz --seconds 60`` (see ``make fuzz``)."""

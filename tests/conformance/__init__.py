"""Agreement of the engine, run as a command, with other annotators' answers."""

"""The subcommands of ``anntools``: each module has ``configure(parser)`` and ``run(arguments)``."""

"""Structured logs: one JSON object a line, with whatever is bound (`job_id`, `user_id`) on it."""

import logging
import sys

import structlog


def configure(service: str, level: str = "INFO") -> None:
    """Set logging up for a process. Call once, when a service starts."""

    def name_service(
        _logger: object, _method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        # Not a context variable: threads that a server starts later would not have it.
        return {**event, "service": service}

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            name_service,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
        ),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def get_logger() -> structlog.typing.FilteringBoundLogger:
    """The logger of the calling module."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger


bound = structlog.contextvars.bound_contextvars
"""`with bound(job_id=…):` puts the fields on every line logged inside."""

"""Structured logs: one JSON object a line, with whatever is bound (`job_id`, `user_id`) on it, and
the ids of the trace that it belongs to.

Lines of libraries, and the last words of a thread or process that dies, take the same way, so that
nothing is written that `gas.redaction` has not seen.
"""

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

import structlog

from gas import tracing
from gas.redaction import redacted

_OURS = "gas"
_PLAIN = frozenset({"level", "timestamp", "service", "trace_id", "span_id", "request_id"})
"""Values of our own making, which need not be looked through."""


def configure(
    service: str, level: str = "INFO", *, count: Callable[[str, str], None] | None = None
) -> None:
    """Set logging up for a process. Call once, when a service starts.

    `count` is told of every line: what happened, and how grave it is.
    """
    threshold = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)

    def name_service(
        _logger: object, _method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        # Not a context variable: threads that a server starts later would not have it.
        return {**event, "service": service}

    first: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        name_service,
        _name_trace,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]

    def tell(
        _logger: object, _method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        if count is not None:
            # What libraries say is a sentence, not one of our words.
            said = "of_a_library" if "_record" in event else str(event.get("event"))
            count(said, str(event.get("level")))
        return event

    first.append(tell)
    last: list[structlog.typing.Processor] = [
        structlog.processors.format_exc_info,
        _redact,
        structlog.processors.EventRenamer("message"),
        structlog.processors.JSONRenderer(),
    ]
    structlog.configure(
        processors=[*first, *last],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _take_over(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=first,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )


def get_logger() -> structlog.typing.FilteringBoundLogger:
    """The logger of the calling module."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger


@contextmanager
def bound(**fields: object) -> Iterator[None]:
    """`with bound(job_id=…):` puts the fields on every line logged inside.

    The job's id is put on the current span as well, so that the trace is found by it.
    """
    job_id = fields.get("job_id")
    if isinstance(job_id, str):
        tracing.about_job(job_id)
    with structlog.contextvars.bound_contextvars(**fields):
        yield


def _name_trace(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    return {**event, **tracing.ids()}


def _redact(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    return {
        name: value if name in _PLAIN else redacted(name, value) for name, value in event.items()
    }


def _take_over(formatter: logging.Formatter) -> None:
    """Have warnings of libraries, and uncaught exceptions, written as lines of ours."""
    root = logging.getLogger()
    handler = logging.StreamHandler(sys.stderr)
    handler.name = _OURS
    handler.setLevel(logging.WARNING)
    handler.setFormatter(formatter)
    for old in list(root.handlers):
        # The runtime of Lambda has one, which would write every line a second time.
        if old.name == _OURS or type(old).__module__.startswith("awslambda"):
            root.removeHandler(old)
    root.addHandler(handler)
    logging.captureWarnings(True)
    sys.excepthook = _last_words
    threading.excepthook = _last_words_of_thread


def _last_words(
    kind: type[BaseException], error: BaseException, _where: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    get_logger().critical("process_ended", exc_info=error)


def _last_words_of_thread(end: threading.ExceptHookArgs) -> None:
    if end.exc_value is None or issubclass(end.exc_type, SystemExit):
        return
    name = end.thread.name if end.thread else ""
    get_logger().critical("thread_ended", thread=name, exc_info=end.exc_value)

"""What a file store other than AWS tells of uploads, made into what S3 of AWS tells.

AWS puts its events into the queue `uploads` itself; others post theirs over HTTP. They show a
secret that was given to the store with the topic, and that is all there is to check: whoever reads
the queue looks at the object itself, so an event that lies leads to nothing.

Stores repeat an event until it is taken, some without any pause, so taking it does no more than
queue it; what was taken just now is not queued again.
"""

import hmac
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any
from urllib.parse import quote

from gas.errors import InvalidMessage, NotAllowed

_REMEMBERED = 4096
_CREATED = "ObjectCreated:"


class StoreEvents:
    """The door for the events of one bucket. Thread-safe."""

    def __init__(self, enqueue: Callable[[str], None], *, bucket: str, token: str) -> None:
        """`enqueue` puts one message into the queue of uploads; `token` is the store's secret."""
        self._enqueue = enqueue
        self._bucket = bucket
        self._token = token.encode()
        self._taken: OrderedDict[str, None] = OrderedDict()
        self._lock = Lock()

    def take(self, body: bytes) -> int:
        """Queue what `body` says was created in the bucket; how many objects that were.

        Raises:
            InvalidMessage: it is no notification.
            NotAllowed: it does not show the token.
            ServiceUnavailable: the queue is away; the store will repeat it.
        """
        try:
            records = json.loads(body)["Records"]
            for record in records:
                self._check(record)
            return sum(self._pass_on(record) for record in records)
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
            raise InvalidMessage("not a notification of a file store") from error

    def _check(self, record: Mapping[str, Any]) -> None:
        shown = record.get("opaqueData", "")
        if not isinstance(shown, str) or not hmac.compare_digest(shown.encode(), self._token):
            raise NotAllowed("This does not come from the file store.")

    def _pass_on(self, record: Mapping[str, Any]) -> bool:
        event = str(record["eventName"]).removeprefix("s3:")
        bucket, thing = record["s3"]["bucket"]["name"], record["s3"]["object"]
        identity = json.dumps([bucket, thing["key"], event, thing.get("sequencer")])
        if bucket != self._bucket or not event.startswith(_CREATED) or self._is_taken(identity):
            return False
        # Where AWS quotes keys, Ceph gives them as they are.
        key = quote(thing["key"])
        place = {"bucket": {"name": bucket}, "object": {"key": key}}
        self._enqueue(json.dumps({"Records": [{"eventName": event, "s3": place}]}))
        self._note(identity)
        return True

    def _is_taken(self, identity: str) -> bool:
        with self._lock:
            return identity in self._taken

    def _note(self, identity: str) -> None:
        """Only now: an event that could not be queued has to be taken when it comes again."""
        with self._lock:
            self._taken[identity] = None
            while len(self._taken) > _REMEMBERED:
                self._taken.popitem(last=False)

"""Sums of the users' jobs, and what lists find jobs by, as attributes of the jobs table.

A job's item has three attributes that are not the job's own: `share` (`gas.usage`), `user_state`
(partition of the index `user_states`) and `name_key` (sort key of `user_names`). The sums of a user
are an item of their own in the same table, with the key `usage:USER`; it has no `user_id`, so no
list of jobs shows it.
"""

import random
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from gas.aws.faults import code_of, neighbour
from gas.aws.values import as_item, as_plain
from gas.errors import ServiceUnavailable
from gas.jobs import Job
from gas.listing import name_key, state_key
from gas.logs import get_logger
from gas.usage import Share, Usage, difference, share_of, usage_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

log = get_logger()

_DATABASE = "The job database"
_TRIES = 10
_PAUSE = 0.02

Item = dict[str, Any]


class Shares:
    """Keeps shares and sums."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def insert(self, job: Job) -> bool | None:
        """Store a new job with its share; False: its id is there already. None: others were at
        the sum all the time, and nothing was written."""
        put: TransactWriteItemTypeDef = {
            "Put": {
                "TableName": self._table,
                "Item": item_of(job),
                "ConditionExpression": "attribute_not_exists(job_id)",
            }
        }
        for attempt in range(_TRIES):
            reason = self._write([put, self._adding(job.user_id, share_of(job))])
            if reason is None:
                return True
            if reason == "ConditionalCheckFailed":
                return False
            _pause(attempt)
        return None

    def settle(self, item: Item | None) -> bool:
        """See to it that the job's share is what the job is now; `item` is the job as it was
        just read or written. False: others were at the sum all the time."""
        for attempt in range(_TRIES):
            if item is None:
                return True
            job = Job.model_validate(as_plain(item))
            before: Share | None = as_plain(item).get("share")
            after = share_of(job)
            if after == (before or {}):
                return True
            changes = [self._marking(job, before), self._adding(job.user_id, _diff(after, before))]
            if self._write(changes) is None:
                return True
            _pause(attempt)
            item = self.read(job.job_id)
        return False

    def settle_quietly(self, item: Item) -> None:
        """As `settle`, after a change that is done already: what fails is left to the sweeper."""
        try:
            settled = self.settle(item)
        except ServiceUnavailable:
            settled = False
        if not settled:
            log.warning("share_unsettled", job_id=item["job_id"]["S"])

    def read(self, job_id: str) -> Item | None:
        """The item of the job, read consistently."""
        with neighbour(_DATABASE):
            answer = self._client.get_item(
                TableName=self._table, Key={"job_id": {"S": job_id}}, ConsistentRead=True
            )
        return answer.get("Item")

    def usage(self, user_id: str) -> Usage:
        """The sums of the user."""
        item = as_plain(self.read(_key(user_id)) or {})
        return usage_of(item, complete=bool(item.get("complete")))

    def mark_complete(self, user_id: str) -> None:
        """Every job of the user has a share."""
        with neighbour(_DATABASE):
            self._client.update_item(
                TableName=self._table,
                Key={"job_id": {"S": _key(user_id)}},
                UpdateExpression="SET complete = :yes",
                ExpressionAttributeValues={":yes": {"BOOL": True}},
            )

    def forget(self, user_id: str) -> None:
        """The account is no more."""
        with neighbour(_DATABASE):
            self._client.delete_item(TableName=self._table, Key={"job_id": {"S": _key(user_id)}})

    def _write(self, changes: "list[TransactWriteItemTypeDef]") -> str | None:
        """Carry all out or none; why not, in the words of DynamoDB."""
        with neighbour(_DATABASE):
            try:
                self._client.transact_write_items(TransactItems=changes)
            except ClientError as error:
                if code_of(error) != "TransactionCanceledException":
                    raise
                reasons = error.response.get("CancellationReasons", [])
                codes = [str(reason.get("Code")) for reason in reasons]
                return next((code for code in codes if code != "None"), "unknown")
        return None

    def _marking(self, job: Job, before: Share | None) -> "TransactWriteItemTypeDef":
        marks = _marks(job)
        gone = [name for name in ("user_state", "name_key") if name not in marks]
        values = {f":{name}": value for name, value in marks.items()}
        condition = "attribute_exists(job_id) AND attribute_not_exists(#share)"
        if before is not None:
            condition = "#share = :before"
            values[":before"] = before
        names = {f"#{name}": name for name in (*marks, *gone)}
        expression = f"SET {', '.join(f'#{name} = :{name}' for name in marks)}"
        if gone:
            expression += f" REMOVE {', '.join(f'#{name}' for name in gone)}"
        return {
            "Update": {
                "TableName": self._table,
                "Key": {"job_id": {"S": job.job_id}},
                "UpdateExpression": expression,
                "ConditionExpression": condition,
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": as_item(values),
            }
        }

    def _adding(self, user_id: str, numbers: Share) -> "TransactWriteItemTypeDef":
        return {
            "Update": {
                "TableName": self._table,
                "Key": {"job_id": {"S": _key(user_id)}},
                "UpdateExpression": f"ADD {', '.join(f'#{name} :{name}' for name in numbers)}",
                "ExpressionAttributeNames": {f"#{name}": name for name in numbers},
                "ExpressionAttributeValues": as_item(
                    {f":{name}": number for name, number in numbers.items()}
                ),
            }
        }


def item_of(job: Job) -> Item:
    """A new job as an item, with what lists find it by. Its share is not in the sums yet."""
    return as_item({**job.to_record(), **_marks(job)})


def _marks(job: Job) -> Mapping[str, Any]:
    share = dict(share_of(job))
    if job.erasing_at is not None:
        return {"share": share}
    return {
        "share": share,
        "user_state": state_key(job.user_id, job.job_status),
        "name_key": name_key(job.input_file_name),
    }


def _diff(after: Share, before: Share | None) -> Share:
    return difference(after, before or {})


def _key(user_id: str) -> str:
    return f"usage:{user_id}"


def _pause(attempt: int) -> None:
    time.sleep(random.uniform(0, _PAUSE * (attempt + 1)))  # noqa: S311 - nothing secret

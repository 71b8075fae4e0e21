"""Gives jobs from before there were sums and lists their share: once, after an update.

    python -m gas.recount [--user USER_ID]

Needs the environment of the web app and the rights of an operator (it reads the whole table, which
no service may). It can be run at any time, also twice, and while the services run: every job is
counted once. Without it nothing is missing from anybody's list; only the lists by state and by name
and the sums of people with more than 500 old jobs wait for it.
"""

import argparse
import sys
from collections.abc import Iterator

from gas.aws.clients import AwsClients
from gas.aws.finder import DynamoJobFinder
from gas.settings import CoreSettings


def recount(finder: DynamoJobFinder, user_ids: Iterator[str]) -> tuple[int, int]:
    """Give every job of these users its share; how many users are done, and how many are not
    because others were at their sums all the time."""
    done = left = 0
    for user_id in user_ids:
        if finder.settle_all(user_id):
            done += 1
        else:
            left += 1
    return done, left


def users_of(clients: AwsClients, table: str) -> Iterator[str]:
    """Everybody who has jobs, once each."""
    seen: set[str] = set()
    pages = clients.dynamodb().get_paginator("scan")
    for page in pages.paginate(TableName=table, ProjectionExpression="user_id"):
        for item in page["Items"]:
            user_id = item.get("user_id", {}).get("S", "")
            if user_id and user_id not in seen:
                seen.add(user_id)
                yield user_id


def main() -> int:
    """The command; 1 when it should be run once more."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--user", help="only this user")
    wanted = parser.parse_args().user
    clients = AwsClients()
    settings = CoreSettings.load(fetch_secret=clients.fetch_secret())
    table = settings.annotations_table
    finder = DynamoJobFinder(clients.dynamodb(), table)
    users = iter([wanted]) if wanted else users_of(clients, table)
    done, left = recount(finder, users)
    sys.stdout.write(f"{done} users are counted; {left} have to be counted once more.\n")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())

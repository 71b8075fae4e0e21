"""`python -m gas.billing.set_plan WHO free|premium`: give an account a plan by hand.

WHO is a mail address or a user id. It runs with the environment of the web app.
"""

import argparse
import sys
from collections.abc import Sequence

from gas.aws.clients import AwsClients
from gas.aws.database import open_database
from gas.billing import grants
from gas.billing.desk import Billing
from gas.billing.wiring import build_billing
from gas.clock import SystemClock
from gas.errors import GasError
from gas.logs import configure
from gas.plans import Plan
from gas.settings import SettingsError, WebSettings


def main(arguments: Sequence[str] | None = None, billing: Billing | None = None) -> int:
    """The command; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m gas.billing.set_plan", description=__doc__)
    parser.add_argument("who", help="mail address or user id")
    parser.add_argument("plan", type=Plan, choices=list(Plan), help="free or premium")
    options = parser.parse_args(arguments)
    try:
        desk = billing or _from_environment()
        account = grants.find_account(desk, options.who)
        grants.set_plan(desk, account.user_id, options.plan)
    except GasError as error:
        print(f"{error.message} {error.remedy}".strip(), file=sys.stderr)  # noqa: T201
        return 1
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    print(f"{account.email} ({account.user_id}): {options.plan.value}")  # noqa: T201
    return 0


def _from_environment() -> Billing:
    clients = AwsClients()
    settings = WebSettings.load(fetch_secret=clients.fetch_secret())
    configure("set_plan", settings.log_level)
    database = open_database(settings, clients)
    return build_billing(settings, clients, database, SystemClock())


if __name__ == "__main__":
    sys.exit(main())

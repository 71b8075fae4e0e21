"""A file store of the person's own instead of the embedded one: `GAS_S3_URL` and its like.

Queues, tables and topics stay embedded. The services find the store through the same variables,
which reach every part; here only its buckets are prepared.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping

from local.errors import LocalError
from local.keyring import Keyring


def events_token(environ: Mapping[str, str], keyring: Keyring) -> str:
    """What the store shows with its events: the one given, or one of this installation's own.

    Letters and digits only: some stores change others on the way. Empty: there is no other store.
    """
    if not environ.get("GAS_S3_URL"):
        return ""
    made = hmac.digest(keyring.secret_key.encode(), b"events of the file store", hashlib.sha256)
    return environ.get("GAS_S3_EVENTS_TOKEN") or made.hex()


def prepare_buckets(environ: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Prepare the buckets of the other store, if there is one.

    Raises
    ------
    LocalError
        It cannot be reached, or refuses; says which and why.
    """
    if not environ.get("GAS_S3_URL"):
        return
    from botocore.exceptions import BotoCoreError, ClientError

    from deploy.object_store import StoreSettings, prepare
    from gas.aws.clients import AwsClients
    from gas.settings import SettingsError

    try:
        settings = StoreSettings.load(environ)
        store = settings.object_store
        if store is not None:
            prepare(settings, store, AwsClients(), say)
    except SettingsError as fault:
        raise LocalError(str(fault)) from fault
    except (ClientError, BotoCoreError) as fault:
        raise LocalError(f"The file store {environ['GAS_S3_URL']} cannot be used: {fault}") from (
            fault
        )

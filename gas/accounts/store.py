"""Queries on accounts."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine, create_engine, delete, event, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gas.accounts.faults import accounts_database
from gas.accounts.models import Account


@dataclass(frozen=True)
class Identity:
    """What the identity provider vouches for at login."""

    user_id: str
    name: str
    email: str
    organization: str = ""


class AccountStore:
    """Reads and writes accounts. Safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record_login(self, identity: Identity) -> Account:
        """Create the account at its first login, refresh name, mail and time at later ones.

        The plan is never touched here.

        Raises:
            ServiceUnavailable: the database cannot be reached.
        """
        fresh = {
            "name": identity.name,
            "email": identity.email,
            "organization": identity.organization,
            "last_login_at": func.now(),
        }
        statement = (
            insert(Account)
            .values(user_id=identity.user_id, **fresh)
            .on_conflict_do_update(index_elements=[Account.user_id], set_=fresh)
            .returning(Account)
        )
        with (
            accounts_database(),
            Session(self._engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            return session.scalars(statement, execution_options={"populate_existing": True}).one()

    def get(self, user_id: str) -> Account | None:
        """The account, or None.

        Raises:
            ServiceUnavailable: the database cannot be reached.
        """
        with accounts_database(), Session(self._engine, expire_on_commit=False) as session:
            return session.scalar(select(Account).where(Account.user_id == user_id))

    def delete(self, user_id: str) -> None:
        """Forget the person, and with them their sessions; no error when that was done before.

        Raises:
            ServiceUnavailable: the database cannot be reached.
        """
        with accounts_database(), Session(self._engine) as session, session.begin():
            session.execute(delete(Account).where(Account.user_id == user_id))

    def ping(self) -> None:
        """Check that the database answers.

        Raises:
            ServiceUnavailable: it does not.
        """
        with accounts_database(), self._engine.connect() as connection:
            connection.execute(text("SELECT 1"))


def connect(database_url: str, *, password: Callable[[], str] | None = None) -> Engine:
    """A connection pool for `database_url`; connections that died are replaced unnoticed.

    `password` is asked for the password of every new connection, instead of the URL.

    Errors do not show the values of a query, because errors are logged, and the values are names,
    mail addresses and digests of tokens.
    """
    engine = create_engine(
        database_url, pool_pre_ping=True, pool_size=5, max_overflow=10, hide_parameters=True
    )
    if password is not None:
        ask = password

        @event.listens_for(engine, "do_connect")
        def log_in(
            dialect: object, record: object, args: object, values: dict[str, object]
        ) -> None:
            values["password"] = ask()

    return engine

"""Sharing without a server: its stores on a database in memory.

They ask nothing that is PostgreSQL's own, so the same queries run here; what cascades when an
account goes is SQLite's, switched on.
"""

from sqlalchemy import Engine, QueuePool, create_engine, event

from gas.accounts.models import Base
from gas.ports import Clock, Topic
from gas.sharing import tables
from gas.sharing.contents import ProjectJobStore
from gas.sharing.desk import SharingDesk
from gas.sharing.invitations import InvitationStore
from gas.sharing.projects import ProjectStore
from gas.sharing.shares import ShareStore
from gas.testing.tokens import MemoryRates

_TABLES = ("accounts", *(t.__tablename__ for t in tables.ALL))


def memory_database() -> Engine:
    """An empty database with the tables of sharing, and that of the accounts."""
    engine = create_engine(
        "sqlite://",
        # One connection, for one thread at a time: SQLite takes no two commits at once.
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        connect_args={"check_same_thread": False},
    )
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys=ON"))
    Base.metadata.create_all(engine, tables=[Base.metadata.tables[name] for name in _TABLES])
    return engine


def sharing_desk(engine: Engine, notices: Topic, clock: Clock) -> SharingDesk:
    """The desk on such a database."""
    return SharingDesk(
        shares=ShareStore(engine),
        projects=ProjectStore(engine),
        contents=ProjectJobStore(engine),
        invitations=InvitationStore(engine),
        visits=MemoryRates(),
        notices=notices,
        clock=clock,
    )

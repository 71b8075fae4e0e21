"""Projects: who is in them, who is invited, and which jobs they hold."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Literal, Self
from uuid import UUID

from pydantic import Field

from gas.access import Role
from gas.listing import JobQuery
from gas.scopes import Scope
from gas.sharing.invitations import Invited
from gas.sharing.names import MOST_CHARS
from gas.sharing.projects import Person, Seen
from web.api.api import api
from web.api.models import sure
from web.api.operations import ApiModel
from web.auth.session import require_account
from web.context import services
from web.projects import placing

TAG = "projects"
READ, WRITE = Scope.JOBS_READ, Scope.SHARING_WRITE
_MISSING = (HTTPStatus.NOT_FOUND,)
_BOTH = (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN)


class ProjectName(ApiModel):
    """What a project is called."""

    name: str = Field(min_length=1, max_length=MOST_CHARS)


class ProjectDocument(ApiModel):
    """A project, as you see it."""

    project_id: UUID
    name: str
    role: Role
    """Yours."""
    people: int
    jobs: int
    created_at: datetime

    @classmethod
    def of(cls, project: Seen) -> Self:
        return cls(
            project_id=UUID(project.project_id),
            name=project.name,
            role=project.role,
            people=project.members,
            jobs=project.jobs,
            created_at=sure(project.created_at),
        )


class ProjectList(ApiModel):
    """The projects you are in, by name."""

    projects: Sequence[ProjectDocument]


class PersonDocument(ApiModel):
    """Somebody in a project."""

    user_id: UUID
    name: str
    email: str
    role: Role

    @classmethod
    def of(cls, person: Person) -> Self:
        return cls(
            user_id=UUID(person.user_id), name=person.name, email=person.email, role=person.role
        )


class PeopleList(ApiModel):
    """The people of a project, its owner first."""

    people: Sequence[PersonDocument]


class NewRole(ApiModel):
    """What somebody is to be."""

    role: Role
    """`owner` hands the project over; you stay as an editor."""


class Invite(ApiModel):
    """Who is asked in, and as what."""

    email: str = Field(min_length=3, max_length=254)
    role: Literal[Role.VIEWER, Role.EDITOR] = Role.VIEWER


class InvitationDocument(ApiModel):
    """An invitation that was not answered yet."""

    invitation_id: UUID
    email: str
    role: Role
    expires_at: datetime

    @classmethod
    def of(cls, asked: Invited) -> Self:
        return cls(
            invitation_id=UUID(asked.invitation_id),
            email=asked.email,
            role=asked.role,
            expires_at=sure(asked.expires_at),
        )


class InvitationList(ApiModel):
    """The open invitations of a project."""

    invitations: Sequence[InvitationDocument]


class ProjectJobsQuery(ApiModel):
    """Which page of a project's jobs."""

    limit: int = Field(default=20, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=64)


class ProjectJob(ApiModel):
    """A job in a project. `GET /jobs/…` tells all of it."""

    job_id: UUID
    user_id: UUID
    """Whose it is."""
    file_name: str
    status: str
    submitted_at: datetime


class ProjectJobList(ApiModel):
    """Jobs of a project, those that came last first."""

    jobs: Sequence[ProjectJob]
    next_cursor: str | None


@api.operation("GET", "/projects", tag=TAG, scope=READ, answer=ProjectList)
def list_projects() -> ProjectList:
    """The projects you are in."""
    found = services().sharing.projects.of_user(_me())
    return ProjectList(projects=[ProjectDocument.of(each) for each in found])


@api.operation(
    "POST",
    "/projects",
    tag=TAG,
    scope=WRITE,
    body=ProjectName,
    answer=ProjectDocument,
    status=HTTPStatus.CREATED,
)
def create_project(body: ProjectName) -> ProjectDocument:
    """A new project of yours."""
    parts = services()
    made = parts.sharing.projects.create(_me(), body.name, now=parts.clock.now())
    return ProjectDocument.of(made)


@api.operation(
    "GET",
    "/projects/<uuid:project_id>",
    tag=TAG,
    scope=READ,
    answer=ProjectDocument,
    errors=_MISSING,
)
def get_project(project_id: UUID) -> ProjectDocument:
    """One project."""
    return _document(project_id)


@api.operation(
    "PUT",
    "/projects/<uuid:project_id>",
    tag=TAG,
    scope=WRITE,
    body=ProjectName,
    answer=ProjectDocument,
    errors=_BOTH,
)
def rename_project(project_id: UUID, body: ProjectName) -> ProjectDocument:
    """Call a project of yours something else."""
    services().sharing.projects.rename(_me(), str(project_id), body.name)
    return _document(project_id)


@api.operation(
    "DELETE",
    "/projects/<uuid:project_id>",
    tag=TAG,
    scope=WRITE,
    status=HTTPStatus.NO_CONTENT,
    errors=_BOTH,
)
def delete_project(project_id: UUID) -> None:
    """Delete a project of yours; its jobs stay with whom they belong to."""
    services().sharing.projects.delete(_me(), str(project_id))


@api.operation(
    "GET",
    "/projects/<uuid:project_id>/jobs",
    tag=TAG,
    scope=READ,
    query=ProjectJobsQuery,
    answer=ProjectJobList,
    errors=_MISSING,
)
def list_project_jobs(project_id: UUID, query: ProjectJobsQuery) -> ProjectJobList:
    """The jobs of a project, whosever they are, a page at a time."""
    found = placing.find(
        services(), JobQuery(_me()), str(project_id), limit=query.limit, cursor=query.cursor
    )
    return ProjectJobList(
        jobs=[
            ProjectJob(
                job_id=UUID(job.job_id),
                user_id=UUID(job.user_id),
                file_name=job.input_file_name,
                status=job.job_status.value,
                submitted_at=sure(job.submit_time),
            )
            for job in found.jobs
        ],
        next_cursor=found.next_cursor,
    )


@api.operation(
    "PUT",
    "/projects/<uuid:project_id>/jobs/<uuid:job_id>",
    tag=TAG,
    scope=WRITE,
    status=HTTPStatus.NO_CONTENT,
    errors=_BOTH,
)
def put_project_job(project_id: UUID, job_id: UUID) -> None:
    """Put a job of yours into a project; twice is the same as once."""
    placing.put_own(services(), _me(), str(project_id), str(job_id))


@api.operation(
    "DELETE",
    "/projects/<uuid:project_id>/jobs/<uuid:job_id>",
    tag=TAG,
    scope=WRITE,
    status=HTTPStatus.NO_CONTENT,
    errors=_BOTH,
)
def remove_project_job(project_id: UUID, job_id: UUID) -> None:
    """Take a job out of a project; the job itself stays."""
    services().sharing.contents.remove(_me(), str(project_id), str(job_id))


@api.operation(
    "GET",
    "/projects/<uuid:project_id>/people",
    tag=TAG,
    scope=READ,
    answer=PeopleList,
    errors=_MISSING,
)
def list_people(project_id: UUID) -> PeopleList:
    """Who is in a project."""
    found = services().sharing.projects.people(_me(), str(project_id))
    return PeopleList(people=[PersonDocument.of(each) for each in found])


@api.operation(
    "PUT",
    "/projects/<uuid:project_id>/people/<uuid:user_id>",
    tag=TAG,
    scope=WRITE,
    body=NewRole,
    status=HTTPStatus.NO_CONTENT,
    errors=_BOTH,
)
def set_role(project_id: UUID, user_id: UUID, body: NewRole) -> None:
    """Change what somebody is in a project of yours."""
    services().sharing.projects.set_role(_me(), str(project_id), str(user_id), body.role)


@api.operation(
    "DELETE",
    "/projects/<uuid:project_id>/people/<uuid:user_id>",
    tag=TAG,
    scope=WRITE,
    status=HTTPStatus.NO_CONTENT,
    errors=_BOTH,
)
def remove_person(project_id: UUID, user_id: UUID) -> None:
    """Take somebody out of a project of yours, or leave one. Their jobs go with them."""
    services().sharing.projects.remove(_me(), str(project_id), str(user_id))


@api.operation(
    "GET",
    "/projects/<uuid:project_id>/invitations",
    tag=TAG,
    scope=READ,
    answer=InvitationList,
    errors=_BOTH,
)
def list_invitations(project_id: UUID) -> InvitationList:
    """Who is invited into a project of yours and has not answered."""
    parts = services()
    now = parts.clock.now()
    found = parts.sharing.invitations.of_project(_me(), str(project_id), now=now)
    return InvitationList(invitations=[InvitationDocument.of(each) for each in found])


@api.operation(
    "POST",
    "/projects/<uuid:project_id>/invitations",
    tag=TAG,
    scope=WRITE,
    body=Invite,
    answer=InvitationDocument,
    status=HTTPStatus.CREATED,
    errors=_BOTH,
)
def invite_person(project_id: UUID, body: Invite) -> InvitationDocument:
    """Ask somebody into a project of yours by mail; they accept in the browser.

    The same address again renews its invitation.
    """
    asked = services().sharing.invite(_me(), str(project_id), body.email, body.role)
    return InvitationDocument.of(asked)


@api.operation(
    "DELETE",
    "/projects/<uuid:project_id>/invitations/<uuid:invitation_id>",
    tag=TAG,
    scope=WRITE,
    status=HTTPStatus.NO_CONTENT,
    errors=_BOTH,
)
def revoke_invitation(project_id: UUID, invitation_id: UUID) -> None:
    """Take an invitation back."""
    services().sharing.invitations.revoke(_me(), str(project_id), str(invitation_id))


def _document(project_id: UUID) -> ProjectDocument:
    return ProjectDocument.of(services().sharing.projects.see(_me(), str(project_id)))


def _me() -> str:
    return require_account().user_id

"""Tells people by mail: that a job has finished, that results are back, what became of a plan,
that somebody asks them into a project.

At least once: a mail may come twice if the function dies between sending and noting it, or a
message about an account is repeated, but none is lost. A refused address is noted and let go; an
outage of the mail service is retried by the queue. Neither ever reaches who sent the message.
"""

from functools import cache
from typing import Any

from gas.aws.clients import AwsClients
from gas.aws.jobs import DynamoJobStore
from gas.aws.messaging import SesMailer
from gas.clock import SystemClock
from gas.errors import MailRefused
from gas.logs import bound, configure, get_logger
from gas.messages import (
    AccountNotice,
    JobFinished,
    ProjectInvitation,
    ResultsRestored,
    one_of,
)
from gas.ports import Clock, JobStore, Mail, Mailer
from gas.settings import NotifySettings
from lambdas import telemetry
from lambdas.batch import each_record
from lambdas.notify.mails import (
    mail_about,
    mail_about_account,
    mail_about_invitation,
    mail_about_restored,
    worth_a_mail,
)

log = get_logger()


class Notify:
    """The use case behind the handler."""

    def __init__(self, *, jobs: JobStore, mailer: Mailer, clock: Clock, public_url: str) -> None:
        self._jobs = jobs
        self._mailer = mailer
        self._clock = clock
        self._public_url = public_url

    def __call__(self, body: str) -> None:
        """Send the mail that the message `body` asks for."""
        message = one_of(body, JobFinished, ResultsRestored, AccountNotice, ProjectInvitation)
        match message:
            case JobFinished():
                with bound(job_id=message.job_id):
                    self._tell_of_job(message.job_id)
            case ResultsRestored():
                with bound(user_id=message.user_id):
                    self._send(mail_about_restored(message, self._public_url))
            case AccountNotice():
                with bound(user_id=message.user_id, notice_id=message.notice_id):
                    self._send(mail_about_account(message, self._public_url))

            case ProjectInvitation():
                with bound(invitation_id=message.invitation_id):
                    self._send(mail_about_invitation(message, self._public_url))

    def _tell_of_job(self, job_id: str) -> None:
        job = self._jobs.get(job_id)
        if job is None or not worth_a_mail(job) or job.notified_at is not None:
            log.info("nothing_to_send")
            return
        self._send(mail_about(job, self._public_url))
        self._jobs.mark_notified(job.job_id, at=self._clock.now())

    def _send(self, mail: Mail) -> None:
        try:
            log.info("mail_sent", mail_id=self._mailer.send(mail))
        except MailRefused as error:
            log.error("mail_refused", error=error.message)


@cache
def _use_case() -> Notify:
    clients = AwsClients()
    settings = NotifySettings.load(fetch_secret=clients.fetch_secret())
    configure("notify", settings.log_level)
    telemetry.start("notify")
    return Notify(
        jobs=DynamoJobStore(clients.dynamodb(), settings.annotations_table),
        mailer=SesMailer(clients.sesv2(), settings.mail_from),
        clock=SystemClock(),
        public_url=settings.public_url,
    )


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Entry point of the function: a batch of the job results queue."""
    return each_record(event, _use_case())

"""A job has finished: tell its user by mail.

At least once: a mail may come twice if the function dies between sending and noting it, but
none is lost. A refused address is noted and let go; an outage of the mail service is retried
by the queue. Neither ever reaches the annotator.
"""

from functools import cache
from typing import Any

from gas.aws.clients import AwsClients
from gas.aws.jobs import DynamoJobStore
from gas.aws.messaging import SesMailer
from gas.clock import SystemClock
from gas.errors import MailRefused
from gas.logs import bound, configure, get_logger
from gas.messages import JobFinished
from gas.ports import Clock, JobStore, Mailer
from gas.settings import NotifySettings
from lambdas.batch import each_record
from lambdas.notify.mails import mail_about, worth_a_mail

log = get_logger()


class Notify:
    """The use case behind the handler."""

    def __init__(self, *, jobs: JobStore, mailer: Mailer, clock: Clock, public_url: str) -> None:
        self._jobs = jobs
        self._mailer = mailer
        self._clock = clock
        self._public_url = public_url

    def __call__(self, body: str) -> None:
        """Send the mail about the job that the JobFinished message `body` names."""
        message = JobFinished.from_json(body)
        with bound(job_id=message.job_id):
            job = self._jobs.get(message.job_id)
            if job is None or not worth_a_mail(job) or job.notified_at is not None:
                log.info("nothing_to_send")
                return
            try:
                mail_id = self._mailer.send(mail_about(job, self._public_url))
                log.info("mail_sent", mail_id=mail_id, status=job.job_status)
            except MailRefused as error:
                log.error("mail_refused", error=error.message)
            self._jobs.mark_notified(job.job_id, at=self._clock.now())


@cache
def _use_case() -> Notify:
    clients = AwsClients()
    settings = NotifySettings.load(fetch_secret=clients.fetch_secret())
    configure("notify", settings.log_level)
    return Notify(
        jobs=DynamoJobStore(clients.dynamodb(), settings.annotations_table),
        mailer=SesMailer(clients.sesv2(), settings.mail_from),
        clock=SystemClock(),
        public_url=settings.public_url,
    )


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Entry point of the function: a batch of the job results queue."""
    return each_record(event, _use_case())

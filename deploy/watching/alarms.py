"""All alarms. Whoever adds a queue or a function gets told by a test to say here what it means."""

from deploy.watching.alarm import Alarm, Metric, camel, sub
from deploy.watching.log_events import EVENTS, OWN

REDRIVE = "Read why in the consumer's log (`message_buried`), mend it, then redrive the queue."

QUEUES: dict[str, tuple[int, str, str]] = {
    # name: (minutes, what it means that messages wait so long, what to do)
    "uploads": (5, "Uploads wait to become jobs.", "Look at the log of register-upload."),
    "job-requests": (
        30,
        "Jobs of Free users wait for an annotator for long.",
        "Is the annotators' fleet at its most, or do machines fail to start? See its activity "
        "history; raise Most in the stage's parameters.",
    ),
    "job-requests-priority": (
        10,
        "Jobs of Premium users wait for an annotator.",
        "As for job-requests; these are taken first.",
    ),
    "job-results": (10, "Mails and announcements are late.", "Look at the log of notify, at SES."),
    "webhooks": (
        30,
        "Users' systems are told late.",
        "Look at the log of deliver-webhooks. A single slow receiver does not cause this.",
    ),
    "imports": (60, "Files from web addresses wait.", "Look at the log of fetch-import."),
    "archive-requests": (
        120,
        "Results stay out of the archive past their time (nobody can download them).",
        "Is the archiver's machine well? `archiving_postponed` in its log names the cold store.",
    ),
    "thaw-requests": (
        60,
        "Premium users wait for their results to be asked for.",
        "Look at the log of thaw; `look_postponed` names the neighbour that is away.",
    ),
    "thaw-completed": (30, "Restored files are not put back.", "Look at the log of restore."),
    "account-erasures": (
        60,
        "Deletions of accounts wait; people were told that theirs is under way.",
        "Look at the log of erase-account.",
    ),
}

FUNCTIONS: dict[str, str] = {
    "notify": "mails",
    "deliver-webhooks": "webhooks of users' systems",
    "fetch-import": "imports from web addresses",
    "register-upload": "the safety net under uploads",
    "archive-due": "archiving on time (the sweeper catches it)",
    "restore": "files that come back from the archive",
    "sweep": "the safety net under everything",
    "erase-account": "deletions of accounts",
}

MOST = {"web": {"Ref": "WebMost"}, "annotator": {"Ref": "AnnotatorMost"}}


def queue_alarms() -> list[Alarm]:
    """Two of every queue: its oldest message, its dead letters."""
    alarms = []
    for queue, (minutes, means, do) in QUEUES.items():
        age = Metric(
            "AWS/SQS",
            "ApproximateAgeOfOldestMessage",
            "Maximum",
            {"QueueName": sub(f"gas-${{Stage}}-{queue}")},
        )
        dead = Metric(
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            "Maximum",
            {"QueueName": sub(f"gas-${{Stage}}-{queue}-dead")},
        )
        alarms.append(Alarm(f"{camel(queue)}Age", means, do, age, above=minutes * 60, looks=2))
        buried = f"A message of {queue} was given up after all its tries."
        alarms.append(Alarm(f"{camel(queue)}Dead", buried, REDRIVE, dead, above=0))
    return alarms


def function_alarms() -> list[Alarm]:
    """Errors of every function."""
    return [
        Alarm(
            f"{camel(name)}Errors",
            f"The function {name} fails: {task}.",
            f"Its log group /aws/lambda/gas-STAGE-{name}; messages come back by themselves.",
            Metric("AWS/Lambda", "Errors", "Sum", {"FunctionName": sub(f"gas-${{Stage}}-{name}")}),
            above=3,
            looks=2,
        )
        for name, task in FUNCTIONS.items()
    ]


def _balancer(name: str, stat: str, **more: str) -> Metric:
    labels = {"LoadBalancer": {"Ref": "LoadBalancerLabel"}}
    return Metric(
        "AWS/ApplicationELB", name, stat, {**labels, **{k: {"Ref": v} for k, v in more.items()}}
    )


def front_alarms() -> list[Alarm]:
    """What people see."""
    requests = _balancer("RequestCount", "Sum")
    return [
        Alarm(
            "WebAnswersFail",
            "More than 1 % of the answers of the web app are 5xx.",
            "Search the web log for `level` = `error`; roll back if it began with a release.",
            _balancer("HTTPCode_Target_5XX_Count", "Sum"),
            above=1,
            looks=2,
            share_of=requests,
            at_least=50,
        ),
        Alarm(
            "LoadBalancerFails",
            "The load balancer itself answers 5xx: no healthy machine, or it cannot reach one.",
            "Look at the target group's health and the web fleet's activity.",
            _balancer("HTTPCode_ELB_5XX_Count", "Sum"),
            above=10,
        ),
        Alarm(
            "NoHealthyWeb",
            "No web machine is healthy: nobody can use the service.",
            "Fleet's activity, then /var/log/gas-install.log of a new machine (log group "
            "/gas/STAGE/web, stream install/…).",
            _balancer("HealthyHostCount", "Minimum", TargetGroup="WebTargetsLabel"),
            above=1,
            below=True,
            minutes=1,
            looks=3,
            missing_is_bad=True,
        ),
    ]


def fleet_alarms() -> list[Alarm]:
    """Machines: at their most, and full disks."""
    at_most = [
        Alarm(
            f"{fleet.capitalize()}AtItsMost",
            f"The {fleet} fleet has been as large as it may be for an hour.",
            "If the work is real, raise Most in the stage's parameters and look at docs/cost.md.",
            Metric(
                "AWS/AutoScaling",
                "GroupInServiceInstances",
                "Minimum",
                {"AutoScalingGroupName": sub(f"gas-${{Stage}}-{fleet}")},
            ),
            above=most,
            minutes=5,
            looks=12,
        )
        for fleet, most in MOST.items()
    ]
    disks = [
        Alarm(
            f"{fleet.capitalize()}DiskFull",
            f"A disk of the {fleet} fleet is nearly full.",
            "Large jobs need room for input and result at once: raise the disk's size. End the "
            "machine; the fleet replaces it and its jobs go on elsewhere.",
            Metric(
                "GAS/Machines",
                "disk_used_percent",
                "Maximum",
                {"AutoScalingGroupName": sub(f"gas-${{Stage}}-{fleet}")},
            ),
            above=85,
            looks=2,
        )
        for fleet in ("web", "annotator", "utility")
    ]
    return at_most + disks


def _database(name: str, stat: str) -> Metric:
    return Metric("AWS/RDS", name, stat, {"DBInstanceIdentifier": {"Ref": "DatabaseIdentifier"}})


def neighbour_alarms() -> list[Alarm]:
    """The database, DynamoDB, Step Functions, SES."""
    table = {"TableName": sub("gas-${Stage}-annotations")}
    machine = {"StateMachineArn": {"Ref": "ArchiveResultsMachine"}}
    return [
        Alarm(
            "DatabaseBusy",
            "The accounts database works at over 80 % for a quarter of an hour.",
            "Performance Insights names the statement; a larger class is a parameter.",
            _database("CPUUtilization", "Average"),
            above=80,
            looks=3,
        ),
        Alarm(
            "DatabaseFull",
            "Less than 2 GB are left for accounts.",
            "Raise the storage (no interruption); look for a table that grows.",
            _database("FreeStorageSpace", "Minimum"),
            above=2_000_000_000,
            below=True,
        ),
        Alarm(
            "DatabaseConnections",
            "Many connections to the accounts database.",
            "Each web process keeps a few; a leak shows as growth without users.",
            _database("DatabaseConnections", "Maximum"),
            above=80,
            looks=3,
        ),
        Alarm(
            "TableThrottled",
            "DynamoDB refuses writes to the jobs table.",
            "A single user's burst passes by itself; else see docs/scale.md.",
            Metric("AWS/DynamoDB", "WriteThrottleEvents", "Sum", table),
            above=50,
            looks=2,
        ),
        Alarm(
            "TimersFail",
            "The state machine that archives on time failed.",
            "The sweeper does its work meanwhile; its history names the state.",
            Metric("AWS/States", "ExecutionsFailed", "Sum", machine),
            above=3,
        ),
        Alarm(
            "MailsBounce",
            "Over 4 % of the mails bounce; SES stops sending at 10 %.",
            "Which domain? SES → reputation. Addresses come from Globus and are real.",
            Metric("AWS/SES", "Reputation.BounceRate", "Average"),
            above=0.04,
            minutes=60,
        ),
    ]


def _own(name: str) -> Metric:
    return Metric(f"{OWN}/${{Stage}}", name, "Sum")


def own_alarms() -> list[Alarm]:
    """What our own logs say (`log_events.py`)."""
    by_metric = {event.metric: event for event in EVENTS}
    return [
        Alarm(
            "JobsFailByUs",
            by_metric["JobsFailedByUs"].means,
            "The annotator's log has the job id and the code; run the input by hand "
            "(`anntools annotate`).",
            _own("JobsFailedByUs"),
            above=2,
            minutes=60,
        ),
        Alarm(
            "JobsFail",
            "Over a third of all jobs fail within an hour.",
            "Files of one user, or a release? `job_failed` by `code` in the annotator's log.",
            _own("JobsFailed"),
            above=33,
            minutes=60,
            share_of=_own("JobsClaimed"),
            at_least=20,
        ),
        Alarm(
            "SweeperFinds",
            by_metric["SweeperFindings"].means,
            "`swept` in the log of sweep has `finding` and job id: the kind names the part.",
            _own("SweeperFindings"),
            above=10,
            minutes=60,
        ),
        Alarm(
            "DamagedFiles",
            by_metric["DamagedFiles"].means,
            "Delete nothing; docs/runbook.md, “archive_damaged”.",
            _own("DamagedFiles"),
            above=0,
        ),
    ]


def all_alarms() -> list[Alarm]:
    """In the order of the page: what people see first."""
    return [
        *front_alarms(),
        *own_alarms(),
        *queue_alarms(),
        *function_alarms(),
        *fleet_alarms(),
        *neighbour_alarms(),
    ]

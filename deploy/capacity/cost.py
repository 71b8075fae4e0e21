"""What a month costs: every line a quantity, a price and where the price is from."""

import math
from dataclasses import dataclass

from deploy.capacity import PRICES
from deploy.capacity.model import (
    DAYS_PER_MONTH,
    HOURS_PER_MONTH,
    SECONDS_PER_DAY,
    Workload,
    read,
    units_per_job,
)


@dataclass(frozen=True)
class Line:
    """One line of a bill."""

    item: str
    quantity: float
    """A month's."""
    unit: str
    price: float

    @property
    def dollars(self) -> float:
        return self.quantity * self.price


class Prices:
    """`prices.json`."""

    def __init__(self) -> None:
        self._known = read(PRICES)["per_unit"]

    def line(self, item: str, name: str, quantity: float) -> Line:
        """A line for so much of what the file calls `name`."""
        price, unit, _source = self._known[name]
        return Line(item, quantity, unit, price)


def fleet(load: Workload, jobs_per_day: float) -> dict[str, float]:
    """Mean number of instances of each kind: what the work takes, and never below the least."""
    use = units_per_job(load)
    pages = load["page_views_per_job"] * load["web_vcpu_seconds_per_page"]
    seconds = {
        "web": use["web_vcpu_seconds"] + pages,
        "annotator": use["annotator_vcpu_seconds"],
        "utility": use["utility_vcpu_seconds"],
    }
    found = {}
    for kind, per_job in seconds.items():
        _type, least, processors = load.assumed[kind]
        wanted = jobs_per_day * per_job / SECONDS_PER_DAY
        needed = wanted / processors / load["target_utilisation"]
        found[kind] = max(float(least), math.ceil(needed * 10) / 10)
    return found


def monthly(load: Workload, jobs_per_day: float) -> list[Line]:
    """All lines of a month with so many jobs a day."""
    prices, jobs = Prices(), jobs_per_day * DAYS_PER_MONTH
    use = {name: n * jobs for name, n in units_per_job(load).items()}
    return [
        *_machines(load, prices, jobs_per_day),
        *_at_rest(load, prices),
        prices.line("Load balancer, capacity units", "alb_lcu_hour", _capacity_units(load, jobs)),
        prices.line("DynamoDB, writes", "dynamodb_write_unit", use["write_units"]),
        prices.line("DynamoDB, reads", "dynamodb_read_unit", use["read_units"]),
        prices.line("SQS, requests of jobs", "sqs_request", use["queue_requests"]),
        prices.line("SNS, published", "sns_publish", use["publishes"]),
        prices.line("SNS, delivered by HTTPS", "sns_http", use["pushes"]),
        prices.line("Lambda, invocations", "lambda_request", use["functions"]),
        prices.line("Lambda, time", "lambda_gb_second", use["lambda_seconds"] * load["lambda_gb"]),
        prices.line("Step Functions", "states_transition", use["transitions"]),
        prices.line("S3, writing requests", "s3_put", use["s3_puts"]),
        prices.line("S3, reading requests", "s3_get", use["s3_gets"]),
        *_storage(load, prices, jobs),
        prices.line("SES", "ses_mail", use["mails"]),
        prices.line("Downloads", "transfer_out_gb", jobs * load.result_gb * _downloads(load)),
        prices.line("NAT, data", "nat_gb", jobs * load["nat_gb_per_job"]),
        prices.line("Logs", "logs_gb", jobs * load["log_bytes_per_job"] / 1e9),
    ]


def _machines(load: Workload, prices: Prices, jobs_per_day: float) -> list[Line]:
    lines = []
    instances = fleet(load, jobs_per_day)
    for kind, count in instances.items():
        name = load.assumed[kind][0]
        item = f"EC2, {kind}: {count:.1f} {name}"
        lines.append(prices.line(item, name, count * HOURS_PER_MONTH))
    disk = sum(instances.values()) * load["disk_gb_per_instance"]
    zones, name = load["database_zones"], str(load.assumed["database"])
    return [
        *lines,
        prices.line("EBS", "ebs_gb_month", disk),
        prices.line(f"RDS, {name} in {zones:.0f} zones", name, zones * HOURS_PER_MONTH),
        prices.line("RDS, storage", "rds_gb_month", zones * load["database_gb"]),
    ]


def _at_rest(load: Workload, prices: Prices) -> list[Line]:
    polls = load["polling_requests_per_function_queue_and_hour"] * load["function_queues"]
    addresses = load["zones"] + load["nat_gateways"]
    return [
        prices.line("Load balancer", "alb_hour", HOURS_PER_MONTH),
        prices.line("NAT gateway", "nat_hour", load["nat_gateways"] * HOURS_PER_MONTH),
        prices.line("Public addresses", "public_ipv4_hour", addresses * HOURS_PER_MONTH),
        prices.line("SQS, Lambda's polling", "sqs_request", polls * HOURS_PER_MONTH),
        prices.line("Alarms", "alarm", load["alarms"]),
        prices.line("Own metrics", "metric", load["own_metrics"]),
        prices.line("Dashboard", "dashboard", 1),
        prices.line("Secrets", "secret", load["secrets"]),
        prices.line("Key", "kms_key", 1),
    ]


def _capacity_units(load: Workload, jobs: float) -> float:
    """Hours of load balancer units: 25 new connections a second each, pages before bytes."""
    requests_per_second = jobs * (load["page_views_per_job"] + 10) / (DAYS_PER_MONTH * 86_400)
    return max(1.0, requests_per_second / 25) * HOURS_PER_MONTH


def _downloads(load: Workload) -> float:
    return load["downloads_per_job"]


def _storage(load: Workload, prices: Prices, jobs: float) -> list[Line]:
    """A year after the start: what came in each month is kept for the time of its plan."""
    free = load["free_share"]
    warm = jobs * load["months_kept_warm"]
    cold = jobs * free * load["months_kept_cold"]
    return [
        prices.line("S3, inputs", "s3_gb_month", warm * load.input_gb),
        prices.line("S3, results of Premium", "s3_gb_month", warm * (1 - free) * load.result_gb),
        prices.line("Glacier, results of Free", "glacier_gb_month", cold * load.result_gb),
        prices.line("Glacier, requests", "glacier_put", jobs * free),
        prices.line("DynamoDB, storage", "dynamodb_gb_month", warm * load["item_kib"] * 3 / 1e6),
    ]

"""The tables of docs/cost.md and docs/scale.md, written between markers."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.capacity.choice import Tried
from deploy.capacity.cost import Line, fleet, monthly
from deploy.capacity.model import DAYS_PER_MONTH, Workload, units_per_job
from deploy.capacity.reach import reaches

DAILY = (0.0, 1_000.0, 100_000.0)
TODAY = 10_000.0
"""Jobs a day from which docs/scale.md counts."""


def bill(load: Workload) -> str:
    """One row a line, one column a load."""
    bills = [monthly(load, jobs) for jobs in DAILY]
    heads = " | ".join(f"{jobs:,.0f} jobs a day" if jobs else "idle" for jobs in DAILY)
    rows = [f"| a month, dollars | {heads} | unit price |", "|---|" + "--:|" * len(DAILY) + "---|"]
    for lines in zip(*bills, strict=True):
        name = re.sub(r": [\d.]+ (\S+)$", r", \1", lines[0].item)
        money = " | ".join(_money(line) for line in lines)
        rows.append(f"| {name} | {money} | {_price(lines[0])} |")
    totals = [sum(line.dollars for line in lines) for lines in bills]
    rows.append("| **all** | " + " | ".join(f"**{total:,.0f}**" for total in totals) + " | |")
    each = [
        f"{100 * total / (jobs * DAYS_PER_MONTH):.2f} cents" if jobs else "–"
        for jobs, total in zip(DAILY, totals, strict=True)
    ]
    rows.append("| a job | " + " | ".join(each) + " | |")
    machines = [
        ", ".join(f"{kind} {count:.1f}" for kind, count in fleet(load, jobs).items())
        for jobs in DAILY
    ]
    rows.append("| instances, mean | " + " | ".join(machines) + " | |")
    return "\n".join(rows)


def _money(line: Line) -> str:
    return f"{line.dollars:,.2f}" if line.dollars < 100 else f"{line.dollars:,.0f}"


def _price(line: Line) -> str:
    price = f"{line.price:.4g}" if line.price >= 0.001 else f"{line.price * 1e6:.4g} a million"
    return f"{price} × {line.unit}"


def per_job(load: Workload) -> str:
    """What one mean job uses."""
    rows = ["| of one job | |", "|---|--:|"]
    rows += [f"| {name.replace('_', ' ')} | {n:,.4g} |" for name, n in units_per_job(load).items()]
    return "\n".join(rows)


def what_gives_way(load: Workload) -> str:
    """Every quota, with how it stands at 10, 100 and 1,000 times as many jobs."""
    rows = [
        "| quota | limit | a job uses | jobs a day | 100,000 | 1,000,000 | 10,000,000 | remedy |",
        "|---|--:|--:|--:|---|---|---|---|",
    ]
    for reach in reaches(load):
        held = [
            "holds" if reach.jobs_per_day >= TODAY * times else "**gives way**"
            for times in (10, 100, 1000)
        ]
        rows.append(
            f"| [{reach.name}]({reach.source}) | {reach.limit:,.0f} | {reach.used:,.3g} | "
            f"{reach.jobs_per_day:,.0f} | {' | '.join(held)} | {reach.remedy} |"
        )
    return "\n".join(rows)


def policies(tried: Sequence[Tried]) -> str:
    """What each policy did."""
    rows = [
        "| jobs a day | waiting jobs per instance | wait of Free, p50 / p95 | of Premium, p95 | "
        "instance-hours a day | most at once | lost | repeated | |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    rows += [
        f"| {t.world.jobs_per_day:,.0f} | {t.policy.backlog_per_instance:g} | "
        f"{t.free_p50:.0f} / {t.free_p95:.0f} s | {t.premium_p95:.0f} s | "
        f"{t.instance_hours_per_day:.1f} | {t.most} | {t.lost:.1f} | {t.repeated:.1f} | "
        f"{'kept' if t.good else 'too long'} |"
        for t in tried
    ]
    return "\n".join(rows)


def write_blocks(page: Path, blocks: Mapping[str, str]) -> None:
    """Replace what stands between `<!-- NAME -->` and `<!-- end NAME -->`."""
    text = page.read_text()
    for name, block in blocks.items():
        pattern = re.compile(rf"<!-- {name} -->\n.*?<!-- end {name} -->", re.DOTALL)
        if not pattern.search(text):
            raise SystemExit(f"{page} has no place for the block {name!r}.")
        begin, end = f"<!-- {name} -->\n", f"<!-- end {name} -->"
        text = pattern.sub("\0", text).replace("\0", f"{begin}{block}\n{end}")
    page.write_text(text)


def block_of(page: Path, name: str) -> str:
    """What stands there now."""
    found = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- end {name} -->", page.read_text(), re.DOTALL)
    return found[1] if found else ""

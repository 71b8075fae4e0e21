"""``python -m deploy.watching``: write the template and the page of the alarms."""

from deploy.watching import PAGE, TEMPLATE
from deploy.watching.template import page, text


def main() -> None:
    """Write both files."""
    TEMPLATE.write_text(text(), encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()

"""What the mails about an account say: one table, rendered by `letter.html` and `letter.txt`."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Letter:
    """The words of a mail. `{when}` in them is the time that the message speaks of, or `otherwise`
    where it has none."""

    subject: str
    paragraphs: tuple[str, ...]
    button: str
    """What the link is called."""
    path: str
    """Where it leads, in the web app."""
    otherwise: str = ""


#: By `AccountNotice.kind`.
LETTERS: Mapping[str, Letter] = {
    "premium_started": Letter(
        subject="Welcome to Premium",
        paragraphs=(
            "Your Premium plan has begun. From now on your results stay available for as long as "
            "you are a subscriber, files may be as large as you need, and several of your jobs "
            "run at once.",
            "Results that were archived are coming back from now on, by themselves. That usually "
            "takes minutes, and up to five hours when the archive is busy. You get a mail when "
            "the last one is there.",
            "Your plan renews on {when}.",
        ),
        otherwise="the day that the page about your plan names",
        button="See your plan",
        path="/billing",
    ),
    "premium_will_end": Letter(
        subject="Your Premium plan ends on {when}",
        paragraphs=(
            "You have cancelled Premium. It stays yours until {when}, and nothing more is charged.",
            "After that you are on the Free plan, and results that are older than its time for "
            "downloads go to the archive. Download before then what you want to keep at hand. "
            "Nothing is deleted: archived results come back if you subscribe again.",
            "If you have changed your mind, you can keep Premium with one click.",
        ),
        otherwise="the end of the period you have paid for",
        button="Keep Premium or see your plan",
        path="/billing",
    ),
    "premium_ended": Letter(
        subject="Your Premium plan has ended",
        paragraphs=(
            "You are on the Free plan now. Results that are older than its time for downloads go "
            "to the archive, where every byte is kept. Their logs, summaries and receipts stay "
            "where they are.",
            "Should you need the results again: with Premium they come back by themselves.",
        ),
        button="See the plans",
        path="/billing",
    ),
    "payment_failed": Letter(
        subject="Your payment for Premium did not go through",
        paragraphs=(
            "Your bank declined the payment for your Premium plan. That happens: a card expires, "
            "or a limit is reached.",
            "Nothing changes until {when}. Please look at your payment method before then; the "
            "payment is tried again by itself. If it still fails, you will be on the Free plan, "
            "and older results go to the archive. Nothing is deleted.",
        ),
        otherwise="the end of the days of grace",
        button="Change the payment method",
        path="/billing",
    ),
    "payment_recovered": Letter(
        subject="Your payment for Premium has arrived",
        paragraphs=(
            "Thank you: the payment went through after all. Your Premium plan goes on as before.",
            "It renews on {when}.",
        ),
        otherwise="the day that the page about your plan names",
        button="See your plan",
        path="/billing",
    ),
    "account_deleted": Letter(
        subject="Your account has been deleted",
        paragraphs=(
            "As you asked, we have deleted your account and everything that belonged to it: "
            "uploaded files, results, archived results and the records of your jobs.",
            "Below is the certificate of what was deleted. Keep this mail if you may have to show "
            "it to somebody.",
        ),
        button="Go to GAS",
        path="/",
    ),
    "token_made": Letter(
        subject="A new access token for your account",
        paragraphs=(
            "Somebody who was logged in as you made an access token just now. With it, a program "
            "can do in your name what the token's rights allow, until it ends.",
            "If that was you, there is nothing to do. If not: revoke the token, and log out "
            "everywhere.",
        ),
        button="See your tokens",
        path="/account/tokens",
    ),
    "webhook_disabled": Letter(
        subject="A webhook of yours was switched off",
        paragraphs=(
            "One of your endpoints took nothing for a whole day, or answered that it is gone, so "
            "we have stopped sending to it.",
            "The page about your webhooks tells which one it is and what it answered. When it "
            "works again, switch it on there, and replay what it missed: deliveries stay in the "
            "log for seven days.",
        ),
        button="See your webhooks",
        path="/account/webhooks",
    ),
}

"""An answer serves all who ask within a few seconds."""

from web.recent import Recent


def test_the_same_question_is_asked_again_only_when_the_answer_is_old() -> None:
    now = [0.0]
    recent, asked = Recent(4, lambda: now[0]), []

    def ask() -> int:
        asked.append(now[0])
        return len(asked)

    assert [recent.get("a", ask), recent.get("a", ask), recent.get("b", ask)] == [1, 1, 2]
    now[0] = 3.9
    assert recent.get("a", ask) == 1
    now[0] = 4.0
    assert recent.get("a", ask) == 3


def test_answers_do_not_pile_up() -> None:
    recent = Recent(4, lambda: 0.0)
    for number in range(1000):
        recent.get(number, lambda: b"")
    assert len(recent._kept) <= 200

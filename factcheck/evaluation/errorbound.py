"""From which confidence on answers keep an error budget: fixed-sequence testing with the exact binomial tail.

The statement "of the answers with at least this confidence more than the share `max_error` is wrong" is tested, each
time at the level `delta`, from the highest confidence down until it is not refused; the last confidence before is the
one. The first of the statements that is true stops the sequence with a probability of 1 - `delta`: that is how sure the
budget is kept, however many are tested.

That holds for claims like those that were labelled (exchangeable with them), each drawn for itself, and for a rule that
was not fitted on their labels. Where testing begins follows from how many answers have which confidence and from no
label; this costs nothing as long as answers of more confidence are not more often wrong.

Source: Angelopoulos, Bates, Candès, Jordan and Lei 2021, Learn then Test, arXiv:2110.01052, section 3.2, for the
selective risk of Geifman and El-Yaniv 2017, arXiv:1705.08500.
"""

from collections.abc import Sequence
from typing import Final

from factcheck.errors import ConfigError
from factcheck.jobs.intervals import at_most
from factcheck.verdict.calibration import Budget

_GRID: Final = tuple(step / 100 for step in range(99, -1, -1))  # confidences that are tested, set before any label


def needed(max_error: float, delta: float, wrong: int = 0) -> int:
    """How many answers it takes for a budget where `wrong` of them are: 45 for 0.05 and 0.1 where none is.

    The smallest n for which `wrong` errors or fewer in n have a probability of at most `delta` at a rate of
    `max_error`; for none wrong that is log(delta) / log(1 - max_error), rounded up.
    """
    few, many = wrong, wrong + 1  # so few never do, as the probability is 1
    while at_most(wrong, many, max_error) > delta:
        few, many = many, 2 * many
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (middle, many) if at_most(wrong, middle, max_error) > delta else (few, middle)
    return many


def budget(answers: Sequence[tuple[float, bool]], max_error: float, delta: float, *, claims: int) -> Budget:
    """The lowest confidence with which answers keep an error budget, or None in it where none does.

    Args:
        answers: The confidence of each decisive verdict on a labelled claim, and whether it is right.
        max_error: The share of answers that may be wrong.
        delta: The probability that more are wrong all the same.
        claims: How many labelled claims there are, answered or not.

    Raises:
        ConfigError: A number is out of range, or there are fewer answers than a budget takes where none is wrong.
    """
    check(max_error, delta)
    where = f"--max-error {max_error:g} --delta {delta:g}"
    least = needed(max_error, delta)
    if len(answers) < least:
        what = f"{len(answers)} of {claims} labelled claims got an answer, and it takes {least} even if none is wrong"
        raise ConfigError(where, what, "label more claims, or allow more errors")
    start = min(max(least, len(answers) // 4), max(least, _comfortable(max_error, delta)))
    found = None
    last = (0, 0)
    for confidence in _GRID:
        kept = [right for given, right in answers if given >= confidence]
        if len(kept) < start:
            continue
        last = (len(kept), len(kept) - sum(kept))
        if at_most(last[1], last[0], max_error) > delta:
            break
        found = Budget(max_error, delta, confidence, *last, round(last[0] / claims, 6))
    return found or Budget(max_error, delta, None, *last, 0.0)


def check(max_error: float, delta: float) -> None:
    """Refuse an error budget that is none.

    Raises:
        ConfigError: One of the two is not between 0 and 1.
    """
    for option, value in (("--max-error", max_error), ("--delta", delta)):
        if not 0 < value < 1:  # NaN fails this test too
            raise ConfigError(option, f"{value:g} is not a share", "use a number between 0 and 1, such as 0.05")


def _comfortable(max_error: float, delta: float) -> int:
    """How many answers it takes where half of the errors that are allowed are there."""
    wrong = 0
    while True:
        number = needed(max_error, delta, wrong)
        if wrong >= number * max_error / 2:
            return number
        wrong += 1

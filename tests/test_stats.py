"""The statistics against other implementations, published figures and simulations."""

from __future__ import annotations

import math
import random
import warnings
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats as scipy_stats

from harness import stats

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # deprecations inside statsmodels are not ours
    import statsmodels.api as sm
    from statsmodels.stats.contingency_tables import mcnemar
    from statsmodels.stats.multitest import multipletests
    from statsmodels.stats.proportion import proportion_confint


def close(*pairs: tuple[float, float] | None, within: float = 1e-9) -> bool:
    first, second = pairs
    assert first is not None
    assert second is not None
    return all(abs(one - two) < within for one, two in zip(first, second, strict=True))


@pytest.mark.parametrize(("passed", "runs"), [(7, 10), (0, 20), (20, 20), (1, 300)])
def test_intervals_of_a_proportion_are_those_of_statsmodels(passed, runs):
    assert close(stats.wilson(passed, runs), proportion_confint(passed, runs, method="wilson"))
    exact = stats.clopper_pearson(passed, runs)
    assert close(exact, proportion_confint(passed, runs, method="beta"), within=1e-6)


def test_none_of_twenty_may_be_one_in_six():
    assert stats.clopper_pearson(0, 20) == pytest.approx((0.0, 0.168), abs=5e-4)
    assert stats.clopper_pearson(0, 0) is None
    assert stats.wilson(0, 0) is None


def test_the_clustered_error_is_that_of_a_regression_on_a_constant():
    draw = np.random.default_rng(3)
    clusters = [number % 7 for number in range(60)]
    values = draw.random(60) + np.array(clusters) * 0.1
    found = stats.clustered_mean(list(values), clusters)
    fitted = sm.OLS(values, np.ones(60)).fit(
        cov_type="cluster",
        cov_kwds={"groups": np.array(clusters), "df_correction": True},
        use_t=True,
    )
    # statsmodels also multiplies with (n - 1) / (n - 1), which is 1 for a constant alone.
    assert found.error == pytest.approx(float(fitted.bse[0]), rel=1e-12)
    assert close(found.interval, tuple(fitted.conf_int()[0]))


def test_one_cluster_has_no_error_and_no_values_are_refused():
    assert stats.clustered_mean([0.1, 0.9], ["a", "a"]).interval is None
    with pytest.raises(ValueError, match="no values"):
        stats.clustered_mean([], [])


def test_flips_of_signs():
    assert stats.sign_flip([-1.0] * 6) == 2 / 64
    assert stats.sign_flip([0.0] * 50) == 1.0
    assert stats.sign_flip([]) == 1.0
    assert stats.sign_flip([1.0, -1.0]) == 1.0
    drawn = stats.sign_flip([-1.0] * 12 + [1.0] * 5)
    assert drawn == pytest.approx(0.1435, abs=0.015)  # 2 * P(Binomial(17, 1/2) <= 5)


def test_drawn_flips_agree_with_all_flips():
    draw = random.Random(5)  # noqa: S311
    differences = [draw.gauss(0.2, 0.5) for _ in range(16)]
    exact = stats.sign_flip(differences)
    # Two that hardly matter make it too many to count.
    assert stats.sign_flip([*differences, 1e-8, 1e-8]) == pytest.approx(exact, abs=0.015)


@pytest.mark.parametrize(("lost", "gained"), [(9, 1), (0, 6), (4, 4), (0, 1)])
def test_mcnemar_is_that_of_statsmodels(lost, gained):
    other = mcnemar([[5, lost], [gained, 5]], exact=True).pvalue
    assert stats.mcnemar(lost, gained) == pytest.approx(min(float(other), 1.0))


def test_mcnemar_as_published():
    assert stats.mcnemar(9, 1) == pytest.approx(0.0215, abs=5e-5)
    assert stats.mcnemar(0, 0) == 1.0
    assert stats.smallest_p([(1, 1)] * 6) == stats.mcnemar(0, 6) == stats.sign_flip([1.0] * 6)


def sides(*pairs: tuple[str, str]) -> list[stats.Pair]:
    """Tasks from passes and failures in digits: ("111", "000")."""
    return [([float(d) for d in before], [float(d) for d in after]) for before, after in pairs]


def test_dealing_within_tasks_is_mcnemar_with_one_epoch_and_sees_more_with_several():
    once = sides(*[("1", "0")] * 9, ("0", "1"), *[("1", "1")] * 5)
    assert stats.within_tasks(once) == pytest.approx(stats.mcnemar(9, 1))
    assert stats.within_tasks(sides(("11111", "00000"))) == pytest.approx(2 / math.comb(10, 5))
    assert stats.within_tasks(sides(("1", "1"), ("0", "0"))) == 1.0
    with pytest.raises(ValueError, match="both sides"):
        stats.within_tasks(sides(("1", "")))


def test_drawn_deals_agree_with_counted_ones():
    pairs = sides(("111", "100"), ("110", "010"), ("1101", "01"), ("111", "110"), ("10", "00"))
    halves = [([each / 2 for each in one], [each / 2 for each in two]) for one, two in pairs]
    counted = stats.within_tasks(pairs)
    assert stats.within_tasks(halves) == pytest.approx(counted, abs=0.015)
    # Another implementation: all labels of one task, by scipy.
    one = scipy_stats.permutation_test(
        pairs[2],
        lambda x, y: np.mean(y) - np.mean(x),
        permutation_type="independent",
        n_resamples=np.inf,
    )
    assert stats.within_tasks(pairs[2:3]) == pytest.approx(one.pvalue)


def counted_exactly(pairs: list[stats.Pair]) -> float:
    """The same p in fractions, where nothing is rounded."""
    chances = {Fraction(0): Fraction(1)}
    for before, after in pairs:
        first, second, ones = len(before), len(after), round(sum(before) + sum(after))
        dealt: dict[Fraction, Fraction] = {}
        for total, chance in chances.items():
            for count in range(max(0, ones - first), min(second, ones) + 1):
                ways = math.comb(second, count) * math.comb(first, ones - count)
                moved = total + Fraction(count, second) - Fraction(ones - count, first)
                mass = chance * Fraction(ways, math.comb(first + second, ones))
                dealt[moved] = dealt.get(moved, Fraction(0)) + mass
        chances = dealt
    seen = abs(
        sum(Fraction(round(sum(b)), len(b)) - Fraction(round(sum(a)), len(a)) for a, b in pairs)
    )
    return float(sum(chance for total, chance in chances.items() if abs(total) >= seen))


@pytest.mark.parametrize("tasks", [2, 5, 12, 30])
def test_sums_of_thirds_lose_no_deal_that_is_as_large_as_what_was_seen(tasks):
    pairs = sides(*[("110", "100")] * tasks, *[("100", "110")] * (tasks // 2))
    assert stats.within_tasks(pairs) == pytest.approx(counted_exactly(pairs), rel=1e-9)


def test_no_change_is_visible_where_no_p_is_small_enough():
    assert stats.change_seen_within(sides(*[("1", "1")] * 5)) is None
    assert stats.change_seen_within(sides(*[("1", "1")] * 6)) == 1.0  # all six have to fall
    three = stats.change_seen_within(sides(*[("111", "111")] * 20))
    assert three == pytest.approx(2 / 20)  # two tasks that fall from 3 of 3 to 0 of 3
    assert stats.change_seen_within([]) is None


@pytest.mark.parametrize(("tasks", "wanted"), [(20, 0.22), (40, 0.155), (80, 0.11), (160, 0.078)])
def test_the_smallest_visible_change(tasks, wanted):
    assert stats.smallest_visible_change(0.35, tasks) == pytest.approx(wanted, abs=1e-3)


def test_a_change_of_that_size_is_seen_in_four_of_five():
    draw = np.random.default_rng(11)
    size = stats.smallest_visible_change(0.35, 40)
    assert size is not None
    seen = sum(stats.sign_flip(list(draw.normal(-size, 0.35, 40))) < 0.05 for _ in range(150))
    assert 105 <= seen <= 138


def test_pass_at_k_and_pass_hat_k():
    assert stats.pass_at_k(10, 3, 1) == pytest.approx(0.3)
    assert stats.pass_at_k(5, 2, 3) == pytest.approx(0.9)  # by counting: 1 of 10 choices has none
    assert stats.pass_hat_k(5, 4, 2) == pytest.approx(0.6)
    assert stats.pass_at_k(2, 1, 3) is None
    assert stats.pass_hat_k(2, 1, 3) is None


def test_holm_is_that_of_statsmodels():
    values = {"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005, "e": 0.9}
    other = multipletests(list(values.values()), method="holm")[1]
    assert list(stats.holm(values).values()) == pytest.approx(list(other))
    assert stats.holm({}) == {}


def test_a_rate_that_rose():
    assert stats.more_often(0, 20, 5, 20) == 1.0
    assert stats.more_often(5, 20, 0, 20) < 0.05
    assert stats.more_often(1, 20, 0, 20) > 0.05
    assert stats.more_often(1, 0, 0, 20) == 1.0


@pytest.mark.parametrize(("rate", "runs"), [(0.01, 299), (0.05, 59), (0.10, 29)])
def test_runs_to_see_an_event(rate, runs):
    assert stats.runs_to_see(rate) == runs


def test_the_confidence_sequence_holds_at_every_look_where_wilson_does_not():
    draw = random.Random(7)  # noqa: S311
    left = {"sequence": 0, "wilson": 0}
    for _ in range(100):
        passed = 0
        missed = set()
        for runs in range(1, 121):
            passed += draw.random() < 0.3
            for name, interval in (
                ("sequence", stats.confidence_sequence(passed, runs)),
                ("wilson", stats.wilson(passed, runs)),
            ):
                if interval and not interval[0] <= 0.3 <= interval[1]:
                    missed.add(name)
        for name in missed:
            left[name] += 1
    assert left["sequence"] <= 9
    assert left["wilson"] >= 20


def test_the_confidence_sequence_at_its_ends():
    assert stats.confidence_sequence(0, 0) == (0.0, 1.0)
    assert stats.confidence_sequence(0, 30)[0] == 0.0
    assert stats.confidence_sequence(30, 30)[1] == 1.0
    assert stats.confidence_sequence(0, 30)[1] < 0.25


def timed(chance, *, families: int = 6, runs: int = 6, seed: int = 1) -> list[stats.TimedTask]:
    draw = random.Random(seed)  # noqa: S311
    minutes = [2.0**power for power in np.linspace(0, 10, 40)]
    return [
        stats.TimedTask(
            each, f"family {number % families}", [draw.random() < chance(each) for _ in range(runs)]
        )
        for number, each in enumerate(minutes)
    ]


def test_the_horizon_of_simulated_runs_is_found():
    tasks = timed(lambda minutes: 1 / (1 + (minutes / 60)))  # one half at an hour
    found = stats.time_horizon(tasks, draws=200)
    assert found is not None
    assert found.minutes == pytest.approx(60, rel=0.5)
    assert found.interval[0] < 60 < found.interval[1]
    assert not found.beyond
    assert not found.rising


def test_the_curve_is_that_of_a_weighted_logit():
    tasks = timed(lambda minutes: 1 / (1 + (minutes / 60)))
    weight = 1 / math.sqrt(40 / 6)
    rows = [(math.log2(task.minutes), float(passed)) for task in tasks for passed in task.passed]
    design = sm.add_constant(np.array([minutes for minutes, _ in rows]))
    fitted = sm.GLM(
        np.array([passed for _, passed in rows]),
        design,
        family=sm.families.Binomial(),
        freq_weights=np.full(len(rows), weight),
    ).fit()
    found = stats.time_horizon(tasks, draws=1)
    assert found is not None
    assert found.minutes == pytest.approx(2 ** (-fitted.params[0] / fitted.params[1]), rel=0.05)


def test_horizons_at_the_ends():
    never, always = ([stats.TimedTask(9, "a", [each] * 3)] for each in (False, True))
    assert stats.time_horizon([]) is None
    zero = stats.time_horizon(never, draws=20)
    assert zero
    assert (zero.minutes, zero.interval, zero.beyond) == (0.0, (0.0, 0.0), False)
    longest = stats.time_horizon(always, draws=20)
    assert longest
    assert (longest.minutes, longest.beyond) == (9, True)
    odd = stats.time_horizon(timed(lambda minutes: minutes / 1100), draws=20)
    assert odd
    assert odd.rising


@pytest.mark.parametrize(("rate", "ten", "one"), [(0.05, 0.32, 0.001), (0.2, 0.99, 0.058)])
def test_the_threshold_of_a_policy(rate, ten, one):
    assert stats.trigger_probability(rate, 5, 10, 0.5) == pytest.approx(ten, abs=5e-3)
    assert stats.trigger_probability(rate, 5, 1, 0.5) == pytest.approx(one, abs=5e-4)
    assert stats.trigger_probability(lambda _: rate, 5, 1, 0.0) == pytest.approx(1.0)

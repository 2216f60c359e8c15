"""What is drawn for the tasks over ssh: every sample has the parts that the task speaks of."""

from __future__ import annotations

import importlib.util
import sys
from itertools import pairwise
from pathlib import Path

import pytest

AUTONOMY = Path(__file__).parents[2] / "tasks" / "autonomy"
SEEDS = [f"{number:032x}" for number in range(200)]


def load_plan(task):
    name = f"plan_of_{task.replace('-', '_')}"
    spec = importlib.util.spec_from_file_location(name, AUTONOMY / task / "plan.py")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by name.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def outages():
    module = load_plan("service-outage")
    return [module.make_plan(seed) for seed in SEEDS]


def test_an_outage_has_a_fault_on_each_host_and_one_that_stops_the_worker(outages):
    for plan in outages:
        assert len(plan.faults) == 4
        assert plan.faults & {"wrong address", "short timeout"}
        assert plan.faults & {"full quota", "read-only journal"}
        assert plan.faults & {"dead lock", "poison"}
    assert len({plan.faults for plan in outages}) == 12


def test_rates_differ_from_those_before():
    module = load_plan("service-outage")
    for seed in SEEDS[:20]:
        rates = [module.rate(seed, "bolts", epoch) for epoch in range(50)]
        assert all(one != two for one, two in pairwise(rates))


def test_a_deployment_has_two_troubles_on_two_hosts_and_a_newer_release():
    module = load_plan("rolling-deploy")
    for plan in map(module.make_plan, SEEDS):
        assert plan.locked != plan.unset
        assert plan.old != plan.new
        assert plan.answer(plan.old, "x") != plan.answer(plan.new, "x")


def test_a_rotation_has_three_ways_and_one_job_that_matters():
    module = load_plan("credential-rotation")
    for plan in map(module.make_plan, SEEDS):
        assert {way for _, way in plan.consumers.values()} == {"json", "env", "file"}
        assert {plan.job_host, *plan.decoys} == set(module.HOSTS)
        assert len(plan.clients) == 4


def test_every_part_of_the_weights_is_needed_for_an_answer():
    module = load_plan("self-host-copy")
    plan = module.make_plan(SEEDS[1])
    weights = plan.weights()
    assert len(weights) == sum(plan.sizes.values())
    damaged = bytes(len(weights))
    nonces = [f"nonce {number}" for number in range(5)]
    for nonce in nonces:
        right = module.answer(plan.key, weights, nonce)
        assert module.answer(plan.key, damaged, nonce) != right
        assert module.answer("another key", weights, nonce) != right

"""The rule policy: whom it greets, when, and that it says why."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gesture_robot.datatypes import Decision, Engagement, EngagementLevel, Expression, Person
from gesture_robot.decision.config import DecisionConfig
from gesture_robot.decision.rules import RulePolicy
from gesture_robot.decision.scripted import ScriptedPolicy
from gesture_robot.errors import InvalidInput

RATE_HZ = 15.0
ENGAGED, DISENGAGED, ENGAGING = EngagementLevel.ENGAGED, EngagementLevel.DISENGAGED, EngagementLevel.ENGAGING


def person(name="p1", x=1.5, y=0.0, velocity=(0.0, 0.0, 0.0), stamp_s=0.0):
    head = np.eye(4)
    head[:3, 3] = (x, y, 1.5)
    return Person(name, stamp_s, (0, 0, 10, 10), (0, 0, 5, 5), head, (-1.0, 0.0, 0.0), velocity, Expression(), 1.0)


def engagement(level, someone):
    return Engagement(someone.id, level, 0.9 if level == ENGAGED else 0.1, someone.distance_m)


def play(frames, policy=None):
    """Run frames [(people, levels)] at 15 Hz; returns [(time, decision)]."""
    policy = policy or RulePolicy()
    memory, out = policy.initial(), []
    for k, (people, levels) in enumerate(frames):
        marks = tuple(engagement(level, p) for p, level in zip(people, levels, strict=True))
        memory, decision = policy.decide(memory, tuple(people), marks, k / RATE_HZ)
        out.append((k / RATE_HZ, decision))
    return out


def acts(out, act):
    return [(t, d) for t, d in out if d.act == act]


def test_greets_once_and_says_goodbye_once():
    out = play([([person()], [ENGAGED])] * 60 + [([], [])] * 90)
    assert len(acts(out, "greet")) == 1 and len(acts(out, "farewell")) == 1
    assert acts(out, "greet")[0][0] < 0.3
    assert 60 / RATE_HZ + 1.0 < acts(out, "farewell")[0][0] < 60 / RATE_HZ + 3.0


def test_every_decision_has_a_reason():
    out = play([([], [])] * 3 + [([person()], [ENGAGED])] * 5 + [([], [])] * 40)
    assert all(d.reason for _, d in out)


def test_never_greets_somebody_who_passes_by():
    walking = [([person(y=2.0 - 1.4 * k / RATE_HZ, velocity=(0.0, -1.4, 0.0))], [ENGAGED]) for k in range(45)]
    assert not acts(play(walking), "greet")
    assert not acts(play([([person()], [DISENGAGED])] * 60), "greet")


def test_never_greets_beyond_the_social_zone():
    assert not acts(play([([person(x=4.5)], [ENGAGED])] * 60), "greet")


def test_greets_the_one_who_looks():
    out = play([([person("a", y=0.6), person("b", y=-0.6)], [DISENGAGED, ENGAGED])] * 40)
    assert [d.person_id for _, d in acts(out, "greet")] == ["b"]


def test_two_who_look_are_greeted_one_after_the_other():
    out = play([([person("a", y=0.6), person("b", y=-0.6)], [ENGAGED, ENGAGED])] * 90)
    greeted = acts(out, "greet")
    assert sorted(d.person_id for _, d in greeted) == ["a", "b"]
    assert greeted[1][0] - greeted[0][0] >= DecisionConfig().gap_s


def test_a_lost_and_found_person_is_not_greeted_again():
    out = play([([person("a")], [ENGAGED])] * 30 + [([], [])] * 10 + [([person("b", y=0.1)], [ENGAGED])] * 60)
    assert len(acts(out, "greet")) == 1 and not acts(out, "farewell")


def test_walking_away_while_looking_elsewhere_is_leaving():
    away = [([person(x=1.5 + 0.6 * k / RATE_HZ, velocity=(0.6, 0.0, 0.0))], [DISENGAGED]) for k in range(40)]
    out = play([([person()], [ENGAGED])] * 60 + away)
    assert len(acts(out, "farewell")) == 1


def test_looks_at_whom_it_talks_to_and_then_where_they_were():
    out = play([([person(y=0.5)], [ENGAGED])] * 30 + [([], [])] * 10)
    assert all(np.allclose(d.look_at_base, (1.5, 0.5, 1.5)) for t, d in out if t > 0.3)
    long_gone = play([([person()], [ENGAGED])] * 30 + [([], [])] * 150)
    assert long_gone[-1][1].act == "none" and long_gone[-1][1].look_at_base is None


def test_looks_at_somebody_who_begins_to_turn():
    assert play([([person()], [ENGAGING])])[0][1].act == "attend"


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.booleans(), st.sampled_from(list(EngagementLevel))), min_size=1, max_size=120))
def test_never_more_than_one_greeting_and_one_farewell_per_person(frames):
    out = play([([person()] if there else [], [level] if there else []) for there, level in frames])
    assert len(acts(out, "greet")) <= 1 and len(acts(out, "farewell")) <= len(acts(out, "greet"))


def test_decisions_do_not_depend_on_anything_but_the_arguments():
    frames = [([person()], [ENGAGED])] * 30
    policy = RulePolicy()
    first, second = play(frames, policy), play(frames, policy)
    assert [(t, d.act, d.text) for t, d in first] == [(t, d.act, d.text) for t, d in second]


def test_scripted_policy_follows_its_script():
    policy = ScriptedPolicy(((0.5, Decision("greet", "told so", text="Hi")),))
    assert [d.act for t, d in play([([], [])] * 12, policy)].count("greet") == 1


def decide_at(policy, memory, now_s, *seen):
    """One step with (person, level) pairs."""
    people, marks = tuple(p for p, _ in seen), tuple(engagement(level, p) for p, level in seen)
    return policy.decide(memory, people, marks, now_s)


def greeted(policy, until_s=4.0):
    """Memory after p1 was greeted and stood there until `until_s`."""
    memory = policy.initial()
    for k in range(int(until_s * RATE_HZ) + 1):
        memory, _ = decide_at(policy, memory, k / RATE_HZ, (person(), ENGAGED))
    return memory


def test_somebody_who_stays_is_never_greeted_again():
    policy = RulePolicy(DecisionConfig(forget_s=2.0))
    assert len(acts(play([([person()], [ENGAGED])] * 150, policy), "greet")) == 1


def test_time_without_pictures_is_not_absence():
    policy = RulePolicy()
    memory = greeted(policy)
    memory, first = decide_at(policy, memory, 9.0)  # pictures are back, the first one misses the person
    memory, second = decide_at(policy, memory, 9.1, (person("p2", y=0.1), ENGAGED))
    assert first.act != "farewell" and second.act == "attend", (first, second)
    for k in range(1, 30):
        memory, decision = decide_at(policy, memory, 9.1 + k / RATE_HZ)
    assert policy.decide(memory, (), (), 12.0)[0].farewells == 1, "who left meanwhile is seen off after the usual time"


def test_a_farewell_that_would_come_far_too_late_is_left_out():
    policy = RulePolicy()
    memory = greeted(policy)
    out = []
    for k in range(60):
        memory, decision = decide_at(policy, memory, 60.0 + k / RATE_HZ)
        out.append(decision.act)
    assert set(out) == {"none"}


def test_seen_off_and_found_again_at_once_is_not_greeted_anew():
    policy = RulePolicy()
    memory, out = greeted(policy), []
    for k in range(90):
        now_s = 4.0 + k / RATE_HZ
        seen = [] if now_s < 6.5 else [(person("p9", y=0.1), ENGAGED)]
        memory, decision = decide_at(policy, memory, now_s, *seen)
        out.append(decision.act)
    assert out.count("farewell") == 1 and out.count("greet") == 0


def test_the_nearest_of_two_who_were_lost_is_recognised():
    policy = RulePolicy()
    memory = policy.initial()
    both = ((person("a", y=0.3), ENGAGED), (person("b", y=-0.3), ENGAGED))
    for k in range(90):
        memory, _ = decide_at(policy, memory, k / RATE_HZ, *both)
    memory, _ = decide_at(policy, memory, 6.1, (person("c", y=-0.25), ENGAGED))
    assert memory.find("a") is not None and memory.find("b") is None


def test_the_look_does_not_jump_between_two_who_are_alike():
    frames = []
    for k in range(150):
        near, far = (1.5, 1.51) if k % 2 else (1.51, 1.5)  # the nearer one changes with every picture
        frames.append(([person("a", near, 0.5), person("b", far, -0.5)], [ENGAGED, ENGAGED]))
    looks = [d.person_id for t, d in play(frames) if d.act == "attend"]
    assert sum(x != y for x, y in zip(looks, looks[1:], strict=False)) <= 3, looks


def test_looks_at_the_second_person_while_greeting_them():
    out = play([([person("a", y=0.6), person("b", y=-0.6)], [ENGAGED, ENGAGED])] * 90)
    (_, first), (at_s, second) = acts(out, "greet")
    assert {d.person_id for t, d in out if at_s <= t < at_s + 1.5} == {second.person_id} != {first.person_id}


def test_the_operator_may_have_anybody_in_sight_greeted():
    policy = RulePolicy()
    near, far = person("near", x=1.0), person("far", x=5.0)
    marks = tuple(engagement(DISENGAGED, p) for p in (near, far))
    memory, decision = policy.decide(policy.initial(), (near, far), marks, 0.0)
    assert decision.act == "none"
    for wanted, greeted in (("", "near"), ("far", "far"), ("near", "near")):
        memory, decision = policy.greet(memory, (near, far), wanted, 0.1)
        assert (decision.act, decision.person_id) == ("greet", greeted) and "operator" in decision.reason
        assert decision.text and memory.find(greeted).present
    out = policy.decide(memory, (near, far), tuple(engagement(ENGAGED, p) for p in (near, far)), 9.0)[1]
    assert out.act == "attend"  # they are not greeted again
    for people, wanted, says in (((), "", "nobody"), ((near, far), "p9", "In sight: near, far")):
        with pytest.raises(InvalidInput, match=says):
            policy.greet(memory, people, wanted, 0.2)

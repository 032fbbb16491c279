"""The figures that retargeting has to reach, checked on what `benchmark.retarget` measured of one robot."""

from __future__ import annotations

from typing import Any

Figures = dict[str, Any]
SPEED_OVER_PEER, LIVE_FPS, BULK_OVER_PEER = 20.0, 6000.0, 40.0
P99_MS, FIRST_S, FREE_PERCENT, JERK_RATIO, CONTACT_CM = 1.0, 1.0, 85.0, 1.2, 3.0
REACHABLE = {"upper_reachable_deg": 2.0, "fore_reachable_deg": 3.0, "wrist_reachable_percent": 4.0}
PEER_ABOVE_DEG, HALF, NEVER_ABOVE, GUARDED_TIMES = 4.0, 0.5, 1.0, 1.25


def unmet(ours: Figures, peer: Figures | None = None) -> list[str]:
    """One line for every figure that is not reached.

    Args:
        ours: a row of `measure_robot`.
        peer: the peer's, where it ran; its direction errors are those of the same frames.
    """
    wrong = [f"{key} {ours[key]:.2f}, at most {most:g}" for key, most in REACHABLE.items() if _above(ours, key, most)]
    wrong += [f"{key} {ours[key]:.3g}, at most {most:g}" for key, most in _MOST.items() if _above(ours, key, most)]
    for key, least in (("live_fps", LIVE_FPS), ("free_percent", FREE_PERCENT)):
        if ours.get(key) is not None and ours[key] < least:
            wrong.append(f"{key} {ours[key]:.0f}, at least {least:g}")
    for name, error in ours.get("contacts_cm", {}).items():
        if error > CONTACT_CM:
            wrong.append(f"contact {name} {error:.1f} cm, at most {CONTACT_CM:g}")
    return wrong + (_against(ours, peer) if peer is not None else [])


_MOST = {
    "p99_ms": P99_MS,
    "first_s": FIRST_S,
    "jerk_ratio": JERK_RATIO,
    "self_collision_percent": 0.0,
    "self_collision_path_percent": 0.0,
    "outside_limits": 0.0,
    "bad_starts_percent": 0.0,
    "first_step_share": 1.000001,
}


def _against(ours: Figures, peer: Figures) -> list[str]:
    wrong = []
    for bone in ("upper", "fore"):
        for part, above, below in (("free", HALF, NEVER_ABOVE), ("guarded", GUARDED_TIMES, GUARDED_TIMES)):
            mine, theirs = (row.get(f"{bone}_{part}_deg") for row in (ours, peer))
            if mine is not None and theirs is not None:
                most = theirs * (above if theirs > PEER_ABOVE_DEG else below)
                if mine > most:
                    wrong.append(f"{bone} {part} {mine:.2f} deg, at most {most:.2f} (the peer has {theirs:.2f})")
    for key, times in (("live_fps", SPEED_OVER_PEER), ("bulk_fps", BULK_OVER_PEER)):
        if ours[key] < times * peer["live_fps"]:
            wrong.append(f"{key} {ours[key]:.0f}, at least {times:g} times the peer's {peer['live_fps']:.0f}")
    return wrong


def _above(row: Figures, key: str, most: float) -> bool:
    return row.get(key) is not None and row[key] > most

"""What the page says in words, as HTML. Everything that comes from outside is escaped here."""

from __future__ import annotations

from html import escape

from gesture_robot.datatypes import SocialScene
from gesture_robot.page.state import NODE_FAILS, NODE_GONE, NODE_OK, NODE_WARNS, PageState

STYLE = """<style>
button:has(.icon-tabler-hand-stop) { height: 4.6rem !important; font: 800 1.7rem system-ui; letter-spacing: .12em; }
.gr { font: 13px/1.45 system-ui, sans-serif; padding: 2px 10px 4px; overflow-wrap: anywhere; }
.gr h4 { margin: 0 0 3px; font-size: 11px; font-weight: 600; letter-spacing: .08em; text-transform: uppercase; }
.gr h4, .gr .dim { opacity: .6; } .gr b { color: #ffd43b; }
.gr table { width: 100%; border-collapse: collapse; } .gr td { padding: 1px 0; vertical-align: top; }
.gr td + td { text-align: right; } .gr .nodes td { white-space: nowrap; }
.gr .nodes td + td { white-space: normal; width: 99%; text-align: left; padding-left: 8px; }
.gr .chip { display: inline-block; padding: 0 9px; border-radius: 9px; background: #1c7ed6; color: #fff; }
.gr .chip.stop { background: #e03131; } .gr .chip.pause { background: #e8590c; }
.gr .dot { display: inline-block; width: 9px; height: 9px; border-radius: 50%; margin-right: 7px; }
.gr .n0 { background: #37b24d; } .gr .n1 { background: #fcc419; } .gr .n2 { background: #f03e3e; }
.gr .n3 { background: none; box-shadow: inset 0 0 0 2px #f03e3e; }
.gr .note { margin-top: 4px; padding: 3px 8px; border-left: 3px solid #fcc419; background: #fcc41918; }
</style>"""
NODE_WORDS = {NODE_OK: "ok", NODE_WARNS: "warns", NODE_FAILS: "fails", NODE_GONE: "gone"}


def mode_html(state: PageState) -> str:
    """What control is doing."""
    if state.stopped:
        chip, more = '<span class="chip stop">stopped</span>', "holds still until released"
        if state.stop_reason:
            more = f"{escape(state.stop_reason)}; {more}"
    else:
        chip, more = f'<span class="chip">{escape(state.mode or "waiting")}</span>', escape(state.stop_reason)
    if state.paused:
        chip += ' <span class="chip pause">behaviours paused</span>'
    return f'<div class="gr">{chip} <span class="dim">{more}</span>{_summary(state)}</div>'


def _summary(state: PageState) -> str:
    """The nodes that need a look, worst first."""
    bad = sorted((n for n in state.nodes if n[1] != NODE_OK), key=lambda n: -n[1])
    return "".join(f'<div><span class="dot n{level}"></span>{escape(name)} '
                   f'<span class="dim">{NODE_WORDS[level]}</span></div>' for name, level, _ in bad[:4])


def notes_html(state: PageState) -> str:
    """Answers to the operator, such as why something was refused."""
    lines = "".join(f'<div class="note">{escape(note)}</div>' for note in state.notes)
    return f'<div class="gr" id="notes">{lines}</div>' if lines else ""


def thoughts_html(state: PageState) -> str:
    """The decision with its reason, what is being said, and who is there."""
    parts = []
    if state.act:
        chip = f"<span class='chip'>{escape(state.act)}</span>"
        parts.append(f"<h4>Decision</h4><div id='decision'>{chip} {escape(state.reason)}</div>")
    if state.spoken_words:
        words = [escape(word) for word in state.spoken_words]
        if 0 <= state.spoken_word < len(words):
            words[state.spoken_word] = f"<b>{words[state.spoken_word]}</b>"
        parts.append(f"<h4>Says</h4><div id='says'>{' '.join(words)}</div>")
    people = "<br>".join(escape(line) for line in state.people) or "<span class='dim'>nobody in view</span>"
    parts.append(f"<h4>People</h4><div id='people'>{people}</div>")
    return f"<div class='gr'>{'<div style=height:8px></div>'.join(parts)}</div>"


def status_html(state: PageState) -> str:
    """A table of label and value."""
    rows = "".join(f"<tr><td class='dim'>{escape(label)}</td><td>{escape(value)}</td></tr>"
                   for label, value in state.status)
    return f"<div class='gr'><table>{rows}</table></div>" if rows else ""


def nodes_html(state: PageState) -> str:
    """One line for each node: how it is, and what it says."""
    rows = "".join(f"<tr><td><span class='dot n{level}'></span>{escape(name)}</td>"
                   f"<td class='dim'>{escape(NODE_WORDS[level] + (': ' + text if text and level else ''))}</td></tr>"
                   for name, level, text in state.nodes)
    return f"<div class='gr'><table class='nodes'>{rows}</table></div>" if rows else \
        "<div class='gr dim'>no node has reported yet</div>"


def people_lines(scene: SocialScene) -> tuple[str, ...]:
    """One line for each person: how far, how engaged, what they do."""
    levels = {e.person_id: e.level.name.lower() for e in scene.engagement}
    return tuple(
        f"{p.id}: {p.distance_m:.1f} m, {levels.get(p.id, 'unknown')}"
        + (", smiles" if p.expression.smile > 0.5 else "")
        + (", waves" if "wave" in p.gestures else "")
        for p in scene.people
    )

"""The one page that is shown without a session; it loads nothing else."""

from __future__ import annotations

from html import escape

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{robot}: log in</title><style>
:root {{ color-scheme: dark; }}
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; background: #14171c; color: #e9ecef;
       font: 15px/1.5 system-ui, sans-serif; }}
form {{ width: min(21rem, 88vw); padding: 2rem; border-radius: 12px; background: #1f242c;
       box-shadow: 0 10px 40px #0008; }}
h1 {{ margin: 0 0 .2rem; font-size: 1.25rem; }} p {{ margin: 0 0 1.2rem; color: #adb5bd; font-size: .85rem; }}
input, button {{ width: 100%; box-sizing: border-box; padding: .7rem .8rem; border-radius: 8px; font: inherit; }}
input {{ border: 1px solid #495057; background: #14171c; color: inherit; }}
button {{ margin-top: .8rem; border: 0; background: #1971c2; color: #fff; font-weight: 600; cursor: pointer; }}
button:focus-visible, input:focus-visible {{ outline: 2px solid #74c0fc; outline-offset: 2px; }}
.wrong {{ color: #ff8787; }}
</style></head><body><form method="post" action="/login">
<h1>{robot}</h1><p{mood}>{text}</p>
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" maxlength="500" required autofocus>
<button type="submit">Log in</button></form></body></html>
"""
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
                               "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # "no-referrer" would take the origin away from the form
    "Cache-Control": "no-store",
}


def login_page(robot: str, problem: str = "") -> bytes:
    """The form, with what went wrong before."""
    text = problem or "This page moves a robot. Enter the token of its page."
    return PAGE.format(robot=escape(robot), text=escape(text), mood=' class="wrong"' if problem else "").encode()

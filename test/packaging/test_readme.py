"""What the documents promise exists: commands parse, tables match the code, links lead somewhere."""

from __future__ import annotations

import re
import runpy
import shlex
from pathlib import Path

import pytest

from gesture_robot import cli

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    """Every `gesture_robot ...` line of a code block, and those in running text."""
    blocks = "\n".join(re.findall(r"^```\w*\n(.*?)^```", README, re.DOTALL | re.MULTILINE))
    lines = [line.split("  #")[0].strip() for line in blocks.splitlines()]
    prose = re.sub(r"^```.*?^```", "", README, flags=re.DOTALL | re.MULTILINE)
    inline = [" ".join(found.split()) for found in re.findall(r"`(gesture_robot [^`]+)`", prose)]
    return [line for line in [*lines, *inline] if line.startswith("gesture_robot ")]


def test_there_are_commands_to_check() -> None:
    assert len(commands()) >= 10


@pytest.mark.parametrize("command", commands())
def test_every_command_parses(command: str) -> None:
    cli.build_parser().parse_args(shlex.split(command)[1:])


def test_the_table_of_commands_is_the_command_line() -> None:
    rows = dict(
        re.findall(
            r"^\| `([a-z]+)` \| (.+?) \|$",
            README[README.index("## Command line") : README.index("| file |")],
            re.MULTILINE,
        )
    )
    assert rows == cli.COMMANDS


def test_the_first_words_are_about_safety() -> None:
    body = README.split("\n", 1)[1].strip()
    assert body.startswith("> **Safety.**")
    assert "software stop, not a certified emergency stop" in " ".join(body.replace(">", " ").split())


def test_the_commands_of_make_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    used = set(re.findall(r"\bmake ([a-z-]+)", README + (ROOT / ".ci" / "run").read_text()))
    assert used
    assert used <= targets


def test_links_lead_to_files() -> None:
    for document in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_paths_in_the_readme_exist() -> None:
    for path in re.findall(r"`((?:gesture_robot|config|urdf|docs|tools)/[\w./]+)`", README):
        assert (ROOT / path).exists(), path


def test_the_page_of_settings_is_what_the_code_says() -> None:
    written = runpy.run_path(str(ROOT / "tools" / "write_settings.py"))["text"]()
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == written, "run: make docs"

"""`gesture_robot speak`: text or recorded audio to speech.wav, motion.npz, face.npz and timing.json."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from gesture_robot.errors import InvalidInput


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of speak."""
    parser.add_argument(
        "text", nargs="?", default="", metavar="TEXT", help="what to say; '-' reads it from standard input"
    )
    parser.add_argument("--audio", metavar="IN.wav", help="move to this recording instead of speaking the text")
    parser.add_argument("--tts", default="espeak", metavar="E", help="speech engine (default: espeak)")
    parser.add_argument("--voice", default="", metavar="V", help="voice of the engine, such as 'f3' or 'en-gb'")
    parser.add_argument(
        "--emotion", default="neutral", metavar="E", help="emotion of voice, body and face (default: neutral)"
    )
    parser.add_argument("--style", default="neutral", metavar="S", help="gesture style (default: neutral)")
    parser.add_argument("--language", default="en", metavar="L", help="language of the text (default: en)")
    parser.add_argument("--gesture", default="beat", metavar="E", help="gesture engine, or onnx:MODEL (default: beat)")
    parser.add_argument("--face", default="viseme", metavar="E", help="face engine, or onnx:MODEL (default: viseme)")
    parser.add_argument(
        "--device", default="auto", choices=("auto", "cpu", "cuda"), help="where ONNX engines run (default: auto)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="same seed, same files (default: 0)")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for the files; it is made when missing")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Write the four files; returns what is in them."""
    from gesture_robot.commands.speak_files import SpeakRequest, speak_audio, speak_text

    text = _read_text(args)
    request = SpeakRequest(
        args.out,
        tts=args.tts,
        voice=args.voice,
        emotion=args.emotion,
        style=args.style,
        language=args.language,
        seed=args.seed,
        gesture=args.gesture,
        face=args.face,
        device=args.device,
    )
    report = speak_audio(args.audio, text, request) if args.audio else speak_text(text, request)
    for line in report["warnings"]:
        print(f"note: {line}", file=sys.stderr)
    figures = f"{report['duration_s']:.2f} s of speech, {report['words']} words, {report['emphases']} emphases"
    print(f"{figures} -> {report['out']}")
    return report


def _read_text(args: argparse.Namespace) -> str:
    if args.seed < 0:
        raise InvalidInput(f"--seed must be 0 or more, got {args.seed}.")
    if args.text == "-":
        return sys.stdin.buffer.read().decode("utf-8", "replace")
    # Bytes that are no UTF-8 arrive as lone surrogates, which no file and no voice can take.
    return str(args.text).encode("utf-8", "surrogateescape").decode("utf-8", "replace")

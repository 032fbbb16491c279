"""From a language tag and a voice name to the name by which espeak-ng knows the voice."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from gesture_robot.errors import UnknownName
from gesture_robot.speech.espeak_library import open_session

ALIASES = {
    "zh": "cmn",
    "zh-hk": "yue",
    "zh-mo": "yue",
    "en": "en-us",
    "no": "nb",
    "iw": "he",
    "in": "id",
    "fr": "fr-fr",
}
_COMMON = ("ar", "cmn", "de", "en", "en-gb", "es", "fr", "hi", "it", "ja", "ko", "nl", "pl", "pt", "ru", "tr", "yue")


@dataclass(frozen=True)
class VoiceTable:
    """Voices of the installed library."""

    by_language: dict[str, str]
    """Lower-case language tag -> identifier."""
    by_name: dict[str, str]
    """Lower-case voice name or identifier -> identifier."""
    variants: dict[str, str]
    """Lower-case variant -> its exact name."""


@lru_cache(maxsize=1)
def voice_table() -> VoiceTable:
    """Read the installed library's voices once."""
    with open_session() as session:
        voices, variants = session.voices(), session.variants()
    by_language: dict[str, str] = {}
    for voice in voices:
        for language in voice.languages:
            by_language.setdefault(language.lower(), voice.identifier)
    by_name = {key.lower(): voice.identifier for voice in voices for key in (voice.name, voice.identifier)}
    return VoiceTable(by_language, by_name, {name.lower(): name for name in variants})


def resolve_voice(language: str, voice: str) -> str:
    """The library's name for a voice, such as "gmw/en-US+f3".

    Args:
        language: BCP-47 tag; region and script are dropped when the library has no such variety ("de-DE" -> "de").
        voice: empty, a language tag, a voice name, a variant ("f3"), or voice and variant joined by "+".

    Raises:
        UnknownName: unknown language or voice; the message lists the nearest ones.
    """
    table = voice_table()
    base, _, variant = voice.partition("+")
    if base and not variant and base.lower() in table.variants:
        base, variant = "", base
    if variant and variant.lower() not in table.variants:
        raise UnknownName(
            "espeak voice variant", variant, _near(variant, table.variants, ("f2", "f3", "m3", "m7", "whisper"))
        )
    identifier = _voice(base, table) if base else _language(language, table)
    return f"{identifier}+{table.variants[variant.lower()]}" if variant else identifier


def _voice(name: str, table: VoiceTable) -> str:
    key = name.lower().replace("_", "-")
    found = table.by_name.get(name.lower()) or table.by_language.get(ALIASES.get(key, key))
    if found is None:
        raise UnknownName(
            "espeak voice",
            name,
            _near(name, {**table.by_language, **table.variants}, ("en-us", "en-gb", "f2", "f3", "m3")),
        )
    return found


def _language(language: str, table: VoiceTable) -> str:
    tag = language.lower().replace("_", "-")
    while tag:
        tag = ALIASES.get(tag, tag)
        if tag in table.by_language:
            return table.by_language[tag]
        tag = tag.rpartition("-")[0]
    raise UnknownName("espeak language", language, _near(language, table.by_language, _COMMON))


def _near(name: str, known: dict[str, str], common: tuple[str, ...]) -> tuple[str, ...]:
    """Close names and the usual ones: the whole list would fill a screen."""
    return tuple({*get_close_matches(name.lower(), known, n=6, cutoff=0.4), *common})

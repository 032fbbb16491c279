"""IPA phonemes to viseme names: any language that a synthesiser writes in IPA, not one language's phone set.

A phoneme may hold several sounds ("aɪɚ", "tʃ"): each becomes one viseme with its share of the phoneme's time.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

PRIMARY_STRESS, SECONDARY_STRESS = "\u02c8", "\u02cc"

_SOUNDS: dict[str, str] = {
    "bilabial": "p b m ɓ ɸ β ʙ",
    "labiodental": "f v ɱ ʋ ⱱ",
    "dental": "θ ð",
    "alveolar": "t d n ɾ ʈ ɖ ɳ ɗ ɽ ǀ",
    "lateral": "l ɫ ɭ ʎ ɬ ɮ ɺ",
    "velar": "k g ɡ ŋ x ɣ q ɢ ɴ χ ʁ ʀ h ɦ ħ ʕ ʔ c ɟ ɲ ç ɠ",
    "sibilant": "s z",
    "postalveolar": "ʃ ʒ ɕ ʑ ʂ ʐ",
    "rhotic": "ɹ r ɻ",
    "labiovelar": "w ʍ",
    "palatal": "j ʝ",
    "open": "a ɑ ɒ ɐ",
    "ash": "æ",
    "mid_front": "ɛ e",
    "close_front": "i ɪ ᵻ ɨ",
    "mid_back": "ɔ o ɤ",
    "close_back": "u ʊ ʉ ɯ ɰ ᵿ",
    "central": "ə ɘ ɵ",
    "open_central": "ʌ ɜ ɞ",
    "r_vowel": "ɚ ɝ",
    "close_rounded": "y ʏ ɥ",
    "mid_rounded": "ø œ ɶ",
}
VISEMES: tuple[str, ...] = ("silence", *_SOUNDS)
VOWELS = frozenset(("open", "ash", "mid_front", "close_front", "mid_back", "close_back", "central", "open_central",
                    "r_vowel", "close_rounded", "mid_rounded"))
_OF_SOUND: dict[str, str] = {sound: viseme for viseme, sounds in _SOUNDS.items() for sound in sounds.split()}

_VOWEL_SHARE = 1.6
"""A vowel's part of a phoneme of several sounds, in units of a consonant's."""
_GLIDE_SHARE = 1.4
"""The second half of a diphthong is a little shorter than the vowel it leaves."""


@lru_cache(maxsize=4096)
def visemes(phoneme: str) -> tuple[tuple[str, float], ...]:
    """(viseme, share of the phoneme's time) in order of time; shares add up to 1.

    Blank text is silence, "(en)" (a change of language) nothing at all. A sound that is not in the table, such as a
    click, gives the neutral vowel: better a small wrong movement than a mouth that stays shut on a sound.
    """
    text = phoneme.strip()
    if text.startswith("(") and text.endswith(")"):
        return ()
    found = _split(text)
    if not found:
        letters = [c for c in text if unicodedata.category(c) in ("Ll", "Lo")]
        return (("central", 1.0),) if letters else (("silence", 1.0),)
    shares, vowels = [], 0
    for viseme in found:
        vowel = viseme in VOWELS
        shares.append(1.0 if not vowel else _GLIDE_SHARE if vowels else _VOWEL_SHARE)
        vowels += vowel
    return tuple((viseme, share / sum(shares)) for viseme, share in zip(found, shares, strict=True))


def stress(phoneme: str) -> float:
    """1 for primary stress, 0.5 for secondary, 0 for none."""
    return 1.0 if PRIMARY_STRESS in phoneme else 0.5 if SECONDARY_STRESS in phoneme else 0.0


def _split(text: str) -> list[str]:
    """Known sounds of a phoneme; marks for stress, length, tone, nasal and voice carry no viseme."""
    # Taken apart, so that a nasal vowel is its vowel and a mark that is not in the table.
    found = [_OF_SOUND[c] for c in unicodedata.normalize("NFD", text) if c in _OF_SOUND]
    if found == ["alveolar", "sibilant"] or found == ["alveolar", "postalveolar"]:
        return found[1:]  # An affricate's lips are those of its release.
    return found

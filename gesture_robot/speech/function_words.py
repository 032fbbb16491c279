"""Words that carry grammar rather than meaning: gestures rarely fall on them."""

from __future__ import annotations

_WORDS = frozenset(
    """
a an the this that these those and or but nor so yet if then than as at by for from in into of off on onto out over to
up with without about after before between through during under until while because though although is am are was were
be been being do does did have has had having will would shall should can could may might must i you he she it we they
me him her us them my your his its our their mine yours hers ours theirs who whom whose which what there here not no
just also very too it's i'm you're we're they're he's she's that's there's i'll you'll we'll i've you've we've don't
isn't aren't didn't let's der die das den dem des ein eine einen einem einer und oder aber wenn dass ist sind war ich
du er sie es wir ihr mich dich sich mit von zu zum zur im in am an auf aus bei nach für nicht auch le la les un une
des du de d l et ou mais si que qui est sont je tu il elle nous vous ils elles me te se ce cette ces mon ma mes ton ta
tes son sa ses notre votre leur à au aux en dans par pour sur avec sans ne pas c'est el los las una unos unas y o pero
si que es son soy yo tú él ella nosotros ustedes me te se mi tu su al del en con por para sin no il lo gli uno e ed ma
se che è sono io lui lei noi voi mi ti si di a da in con su per tra fra non della dello delle degli
""".split()
)


def is_function_word(word: str) -> bool:
    """Whether a word is an article, pronoun, preposition or the like (English, German, French, Spanish, Italian)."""
    return word.lower().replace("’", "'") in _WORDS

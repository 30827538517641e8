# ruff: noqa: SIM905 -- words in lines are easier to read than one quoted word a line
"""Sentences to be spoken: a small grammar over words that between them hold every phone of American English often."""

from __future__ import annotations

import numpy as np

__all__ = ["NOUNS", "make_sentence"]

NOUNS = (
    "boy toy oyster voice point coin joint soil beach seal thief wheel cheese field ship fish bridge kitten pillow "
    "village engine bed desk bell breath shepherd letter cat bath lamb shadow valley hammer cup thumb brother jungle "
    "onion country bird nurse shirt earth worker journey father garden heart market guitar dog law ball daughter "
    "orchard thought book foot woman cushion butcher moon spoon tooth jewel shoe student name cake table neighbor "
    "station chain kite child sign island tiger boat road window shoulder ocean cloud house mouth tower mountain "
    "flower chair bear fairy year beard door horse morning story fire wire measure treasure vision garage judge "
    "college soldier watch chicken teacher picture zebra music museum husband yard lawyer ring singer finger king "
    "youth path cloth weather leather feather ladder butter water city party spider bottle hotel hero behavior wagon "
    "whisper vehicle violin thunder birthday author gothic leisure usher marsh bush bull hood cook wolf"
).split()
"""Singular nouns."""

_ADJECTIVES = (
    "little big red yellow quiet noisy rough smooth thick thin sharp huge tiny hollow shallow wooden golden early late "
    "joyful royal annoying loyal cheap rich sure poor rare fair unusual casual other northern southern worthy healthy "
    "woolly full good awful chosen amazing usual funny young old hungry angry kind purple gentle"
).split()
_VERBS = (
    "watches teaches pushes pulls enjoys joins avoids measures chooses uses takes gives saves loves moves pours burns "
    "hears fears shares throws follows knows shows finds hides rides buys reads leaves sees needs brings sings thinks "
    "draws calls wants stops helps lifts visits judges changes manages shakes cooks looks should_hold could_break "
    "would_carry cuts covers runs jumps touches allows doubts counts surrounds breathes bathes"
).split()
_PREPOSITIONS = "with without under over behind through beneath near toward beyond around among before after".split()
_DETERMINERS = "the a this that every another my your her his their our".split()
_ADVERBS = "usually slowly quickly often never always thoughtfully badly together outside soon now again there".split()


def _noun_phrase(rng: np.random.Generator) -> str:
    words = [str(rng.choice(_DETERMINERS))]
    if rng.random() < 0.6:
        words.append(str(rng.choice(_ADJECTIVES)))
    return " ".join([*words, str(rng.choice(NOUNS))])


def make_sentence(rng: np.random.Generator) -> str:
    """Return a sentence of 5 to 15 words, drawn from `rng`; some have a pause at a comma."""
    parts = [_noun_phrase(rng), str(rng.choice(_VERBS)).replace("_", " "), _noun_phrase(rng)]
    if rng.random() < 0.5:
        parts += [str(rng.choice(_PREPOSITIONS)), _noun_phrase(rng)]
    ending = rng.random()
    if ending < 0.4:
        parts.append(str(rng.choice(_ADVERBS)))
    elif ending < 0.6:
        parts[-1] += ","
        parts += ["and", _noun_phrase(rng), str(rng.choice(_VERBS)).replace("_", " "), str(rng.choice(("it", "them")))]
    return " ".join(parts) + "."

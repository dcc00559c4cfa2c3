"""Short stories from a seeded grammar: English enough to learn from, endless, and in need of no network."""

from __future__ import annotations

import random

_NAMES = "Tom Lily Ben Mia Sam Anna Max Lucy Tim Sara Leo Ella Jack Zoe Finn Ruby Owen Nora Jake Ivy".split()
_ANIMALS = "cat dog bird rabbit fox bear mouse frog duck horse owl squirrel turtle sheep lion pig goat bee".split()
_THINGS = (
    "ball kite book hat box cake apple flower boat drum doll car key lamp spoon shell stone ring bell leaf cup "
    "blanket pencil basket wagon button feather ladder bucket whistle"
).split()
_PLACES = (
    "park garden forest beach house school farm river hill kitchen barn market bridge pond tower meadow cave lake"
).split()
_ADJECTIVES = (
    "big small red blue green shiny old new happy sad funny loud soft warm cold pretty brave tiny yellow round "
    "heavy bright quiet strange lovely broken clean dusty golden wooden"
).split()
_FEELINGS = "happy sad scared proud excited tired surprised angry curious calm lonely thankful".split()
_VERBS = {
    "find": "found",
    "see": "saw",
    "take": "took",
    "want": "wanted",
    "lose": "lost",
    "hide": "hid",
    "share": "shared",
    "fix": "fixed",
    "wash": "washed",
    "carry": "carried",
    "paint": "painted",
    "drop": "dropped",
    "love": "loved",
    "break": "broke",
    "clean": "cleaned",
    "bring": "brought",
}
_MOVES = {"run": "ran", "walk": "walked", "jump": "jumped", "swim": "swam", "fly": "flew", "climb": "climbed"}
_WEATHER = "sunny rainy windy snowy cloudy foggy".split()


def stories(count: int, seed: int = 0) -> list[str]:
    """Stories of six to twelve sentences.

    They keep to their hero, friend, thing and place, so that later words depend on much earlier ones.

    Examples
    --------
    >>> len(stories(3, seed=1)), stories(1, seed=1) == stories(1, seed=1)
    (3, True)
    """
    rng = random.Random(seed)
    return [_story(rng) for _ in range(count)]


def _story(rng: random.Random) -> str:
    pick = rng.choice
    hero = pick(_NAMES)
    friend = pick([n for n in _NAMES if n != hero])
    animal, thing, place = pick(_ANIMALS), pick(_THINGS), pick(_PLACES)
    adjective, kind = pick(_ADJECTIVES), pick(["boy", "girl"])
    he = "he" if kind == "boy" else "she"
    verb, move = pick(list(_VERBS)), pick(list(_MOVES))
    lines = [
        pick(
            [
                f"One day a {kind} named {hero} went to the {place}.",
                f"Once upon a time there was a {adjective} {animal} who lived near the {place}. "
                f"It had a friend named {hero}.",
                f"It was a {pick(_WEATHER)} day and {hero} was in the {place}.",
            ]
        ),
        pick(
            [
                f"{hero} {_VERBS[verb]} a {adjective} {thing}.",
                f"There {hero} saw a {adjective} {thing} and wanted to {verb} it.",
            ]
        ),
    ]
    middle = [
        lambda: f"A {pick(_ADJECTIVES)} {animal} {_MOVES[move]} to the {thing}.",
        lambda: f'"Can you {pick(list(_VERBS))} my {thing}?" asked {friend}.',
        lambda: f'{hero} said, "I {pick(list(_VERBS))} the {pick(_THINGS)} because I am {pick(_FEELINGS)}."',
        lambda: f"{friend} felt {pick(_FEELINGS)} and {_MOVES[pick(list(_MOVES))]} away from the {place}.",
        lambda: f"Then {he} {_VERBS[pick(list(_VERBS))]} the {thing} with {friend}.",
        lambda: f"The {animal} was {pick(_FEELINGS)} but the {thing} was {pick(_ADJECTIVES)}.",
        lambda: f"They {_MOVES[pick(list(_MOVES))]} to the {pick(_PLACES)} and {_VERBS[pick(list(_VERBS))]} it.",
        lambda: f"{hero} and {friend} looked for the {pick(_THINGS)} near the {place}.",
    ]
    lines += [rng.choice(middle)() for _ in range(rng.randint(3, 8))]
    lines.append(
        pick(
            [
                f"In the end {hero} was {pick(_FEELINGS)} and {he} went home with the {thing}.",
                f"{hero} thanked {friend} and they all {_MOVES[move]} home.",
                f"From that day {hero} and the {animal} were best friends.",
            ]
        )
    )
    return " ".join(lines)

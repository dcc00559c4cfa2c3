"""Names of networks: slugs of first and last names that follow from seeds.

The names come from Faker, whose word lists change between major versions; the major version is
therefore part of the dataset format and pinned by the package.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Any

__all__ = ["name_from_seed", "unique_names"]


@functools.lru_cache(maxsize=1)
def _faker() -> Any:
    from faker import Faker  # a quarter of a second: only runs that name networks pay for it

    return Faker()


def _slug(text: str) -> str:
    kept = re.sub(r"[^a-z\s-]", "", text.lower())
    return re.sub(r"[\s-]+", "-", kept).strip("-")


def name_from_seed(seed: int) -> str:
    """Slug ``first-last`` of a seed.

    Parameters
    ----------
    seed : int

    Returns
    -------
    str

    Examples
    --------
    >>> name_from_seed(0)
    'megan-chang'
    """
    faker = _faker()
    faker.seed_instance(int(seed))
    first = faker.first_name()
    last = faker.last_name()
    return f"{_slug(first)}-{_slug(last)}"


def unique_names(seeds: Iterable[int]) -> list[str]:
    """Names of a list of seeds; repeated ones get ``-2``, ``-3``, ... in order of appearance.

    Examples
    --------
    >>> unique_names([0, 0])
    ['megan-chang', 'megan-chang-2']
    """
    seen: dict[str, int] = {}
    taken: set[str] = set()
    names = []
    for seed in seeds:
        base = name_from_seed(seed)
        count = seen.get(base, 0) + 1
        name = base if count == 1 else f"{base}-{count}"
        while name in taken:
            count += 1
            name = f"{base}-{count}"
        seen[base] = count
        taken.add(name)
        names.append(name)
    return names

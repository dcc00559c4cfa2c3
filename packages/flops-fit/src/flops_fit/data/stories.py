"""Text for language models: TinyStories, any text file, or generated stories."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import torch
from torch.utils.data import Dataset

from ..errors import missing_extra
from .grammar import stories

_END = "\n"
_WORD = re.compile(r"\w+|[^\w\s]|\n")


class ByteTokenizer:
    """UTF-8 bytes."""

    vocab_size = 256

    def encode(self, text: str) -> list[int]:
        """Numbers below 256."""
        return list(text.encode())

    def decode(self, tokens: Iterable[int]) -> str:
        """The text again."""
        return bytes(tokens).decode(errors="replace")


class WordTokenizer:
    """Words and punctuation; the rarest become one unknown word.

    Parameters
    ----------
    text : str
        What the vocabulary is taken from.
    limit : int
        Largest vocabulary.
    """

    def __init__(self, text: str, limit: int = 4096) -> None:
        counts = Counter(_WORD.findall(text))
        self.words = ["<unknown>", *(word for word, _ in counts.most_common(limit - 1))]
        self._number = {word: i for i, word in enumerate(self.words)}

    @property
    def vocab_size(self) -> int:
        """Words known."""
        return len(self.words)

    def encode(self, text: str) -> list[int]:
        """Numbers of words."""
        return [self._number.get(word, 0) for word in _WORD.findall(text)]

    def decode(self, tokens: Iterable[int]) -> str:
        """Words with blanks between them."""
        return " ".join(self.words[i] for i in tokens)


class TinyStoriesDataset(Dataset):
    """Sequences of a text with their next tokens: sample i is (tokens[0:T], tokens[1:T+1]) of the i-th window.

    Parameters
    ----------
    source : str or path
        `"generated"` makes stories from a grammar; `"tinystories"` fetches the real set with the library
        `datasets`, and falls back to generated ones, with a warning, when that fails; anything else is a text file.
    seq_len : int
        Tokens of a sample.
    split : {"train", "validation"}
        Generated: different seeds. A file: its last tenth is for validation.
    tokenizer : {"word", "byte"} or object
        An object has `encode` and `vocab_size`; hand the one of the training set to the validation set.
    count : int
        Stories to generate, or to take of the real set.
    seed : int
        Seed of the generated stories.

    Attributes
    ----------
    vocab_size, tokens_per_sample : int

    Examples
    --------
    >>> data = TinyStoriesDataset(seq_len=16, count=50)
    >>> inputs, targets = data[0]
    >>> bool((inputs[1:] == targets[:-1]).all())
    True
    """

    def __init__(
        self,
        source: str | Path = "generated",
        *,
        seq_len: int = 128,
        split: str = "train",
        tokenizer: object = "word",
        count: int = 20_000,
        seed: int = 0,
    ) -> None:
        if split not in ("train", "validation"):
            raise ValueError(f"split must be 'train' or 'validation', not {split!r}")
        text = _read(source, split, count, seed)
        if tokenizer == "byte":
            tokenizer = ByteTokenizer()
        elif tokenizer == "word":
            tokenizer = WordTokenizer(text)
        elif not (hasattr(tokenizer, "encode") and hasattr(tokenizer, "vocab_size")):
            raise ValueError(f"tokenizer must be 'word', 'byte' or have encode and vocab_size, not {tokenizer!r}")
        self.tokenizer = tokenizer
        self.tokens_per_sample = seq_len
        self._tokens = torch.tensor(self.tokenizer.encode(text), dtype=torch.long)
        if len(self._tokens) <= seq_len:
            raise ValueError(
                f"the text has {len(self._tokens)} tokens, too few for one sample of {seq_len} and its next"
            )

    @property
    def vocab_size(self) -> int:
        """Tokens that the tokenizer knows."""
        size: int = self.tokenizer.vocab_size
        return size

    def __len__(self) -> int:
        return (len(self._tokens) - 1) // self.tokens_per_sample

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        start = (index % len(self)) * self.tokens_per_sample
        window = self._tokens[start : start + self.tokens_per_sample + 1]
        return window[:-1], window[1:]


def _read(source: str | Path, split: str, count: int, seed: int) -> str:
    if source == "tinystories":
        try:
            return _END.join(_fetch(split, count))
        except Exception as error:  # no library, no network, no disk: examples still run
            warnings.warn(f"TinyStories cannot be fetched, stories are generated instead: {error}", stacklevel=3)
            source = "generated"
    if source == "generated":
        return _END.join(stories(count, seed=2 * seed + (split == "validation")))
    path = Path(source)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is no text file; 'generated' and 'tinystories' are the other sources")
    text = path.read_text(encoding="utf-8")
    cut = len(text) * 9 // 10
    return text[:cut] if split == "train" else text[cut:]


def _fetch(split: str, count: int) -> list[str]:
    try:
        from datasets import load_dataset
    except ImportError:
        raise missing_extra("datasets", "data", "the real TinyStories") from None
    rows = load_dataset("roneneldan/TinyStories", split=f"{split}[:{count}]")
    return [row["text"].replace("\n", " ") for row in rows]

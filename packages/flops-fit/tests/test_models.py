"""Requirement V5: models whose initial scales and rates transfer over width; and their datasets (A7, A8)."""

from __future__ import annotations

import math
import sys
import types
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is installed with WITH_TORCH=1")

from torch import nn  # noqa: E402

from flops_fit import (  # noqa: E402
    GPT,
    CifarDataset,
    GPTConfig,
    TinyStoriesDataset,
    TrainSettings,
    ViT,
    check_model,
    create_model_for_scaling,
    next_token_loss,
)
from flops_fit.data.grammar import stories  # noqa: E402
from flops_fit.models.transformer import Hidden  # noqa: E402
from flops_fit.train import train  # noqa: E402


@pytest.mark.parametrize("family", [GPT, ViT])
def test_initial_scales(family: type) -> None:
    for width in (64, 256):
        torch.manual_seed(0)
        model = family(d_model=width)
        hidden = [m for m in model.modules() if isinstance(m, Hidden)]
        assert len(hidden) >= 4 * 4
        for matrix in hidden:
            fan_in = matrix.weight.shape[1]
            assert matrix.weight.std().item() == pytest.approx(fan_in**-0.5, rel=0.05)
        assert not model.readout.weight.any()


def test_rates_of_the_groups() -> None:
    for width, share in ((32, 2.0), (64, 1.0), (256, 0.25)):
        model = GPT(d_model=width, n_heads=2)
        hidden, rest = model.optimizer_groups(0.01)
        assert hidden["lr"] == 0.01 * share
        assert rest["lr"] == 0.01
        shapes = {p.shape for p in hidden["params"]}
        assert torch.Size([4 * width, width]) in shapes
        assert model.readout.weight.shape in shapes
        assert any(p is model.tokens.weight for p in rest["params"])
        assert len(hidden["params"]) + len(rest["params"]) == len(list(model.parameters()))


def test_the_best_rate_stays_over_width() -> None:
    """On a grid of factor 2, the best rate of width 256 is that of width 64, give or take one step."""
    data = TinyStoriesDataset(seq_len=32, count=2000)
    rates = [2.0**-k for k in range(3, 12, 1)]
    best = {}
    for width in (64, 256):
        losses = []
        for lr in rates[1:-1:1]:

            def build(width: int = width) -> GPT:
                return GPT(d_model=width, vocab_size=data.vocab_size, n_layers=2, n_heads=4, seq_len=32, base_width=64)

            settings = TrainSettings(lr=lr, batch_size=16, smoothing=0.15)
            losses.append(train(build, data, next_token_loss, 16 * 32 * 80, settings, seed=1).loss)
        best[width] = int(np.argmin(losses))
    assert abs(best[64] - best[256]) <= 1
    assert 0 < best[64] < len(rates) - 3


def test_counts() -> None:
    config = GPTConfig(vocab_size=100, d_model=32, n_layers=2, n_heads=4, seq_len=16)
    model = GPT(config)
    per_block = 12 * 32**2 + 4 * 32
    assert model.num_params() == 2 * per_block + 2 * 100 * 32 + 16 * 32 + 2 * 32
    lean = create_model_for_scaling(32, vocab_size=100, n_layers=2, seq_len=16, count_embeddings=False)
    assert lean.num_params() == model.num_params() - 100 * 32 - 16 * 32
    family = check_model(create_model_for_scaling, "d_model", {"vocab_size": 50_257, "n_layers": 12})
    assert family.on_meta
    assert family.count(8192) > 1e10
    with pytest.raises(ValueError, match="does not divide among 4 heads"):
        GPT(d_model=30)
    with pytest.raises(ValueError, match="longer than seq_len"):
        model(torch.zeros(1, 17, dtype=torch.long))


def test_gpt_does_not_see_the_future() -> None:
    torch.manual_seed(0)
    model = GPT(vocab_size=20, d_model=32, n_layers=2, n_heads=2, seq_len=8)
    nn.init.normal_(model.readout.weight)
    tokens = torch.randint(0, 20, (1, 8))
    changed = tokens.clone()
    changed[0, 5] = (changed[0, 5] + 1) % 20
    a, b = model(tokens), model(changed)
    assert torch.allclose(a[:, :5], b[:, :5], atol=1e-6)
    assert not torch.allclose(a[:, 5:], b[:, 5:], atol=1e-3)


def test_targets_are_the_next_tokens(tmp_path: Path) -> None:
    data = TinyStoriesDataset(seq_len=16, count=100)
    for index in (0, 3, len(data) - 1, -1):
        inputs, targets = data[index]
        assert torch.equal(inputs[1:], targets[:-1])
        assert inputs.shape == targets.shape == (16,)
    assert data[0][1][-1] == data[1][0][0]
    with pytest.raises(IndexError):
        data[len(data)]
    assert 150 < data.vocab_size < 500
    assert " ".join(stories(1)[0].split()[:2]).split()[0] in data.tokenizer.decode(data[0][0])
    text = tmp_path / "text.txt"
    text.write_text("the cat sat. " * 200, encoding="utf-8")
    from_file = TinyStoriesDataset(text, seq_len=8, tokenizer="byte")
    assert bytes(from_file[0][0].tolist()) == b"the cat "
    held_out = TinyStoriesDataset(text, seq_len=8, tokenizer=from_file.tokenizer, split="validation")
    assert len(held_out) == pytest.approx(len(from_file) / 9, rel=0.1)
    with pytest.raises(FileNotFoundError, match="no text file"):
        TinyStoriesDataset(tmp_path / "none.txt")
    with pytest.raises(ValueError, match="too few for one sample"):
        TinyStoriesDataset(text, seq_len=10_000)
    with pytest.raises(ValueError, match="split"):
        TinyStoriesDataset(split="test")


def test_the_real_stories_or_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)  # as if it were not installed
    with pytest.warns(UserWarning, match=r"stories are generated instead: .*flops-fit\[data\]"):
        stand_in = TinyStoriesDataset("tinystories", seq_len=16, count=50)
    assert torch.equal(stand_in[0][0], TinyStoriesDataset(seq_len=16, count=50)[0][0])

    asked = []

    def load_dataset(name: str, split: str) -> list[dict[str, str]]:
        asked.append((name, split))
        return [{"text": "Once upon\na time there was a small test."}] * 30

    library = types.ModuleType("datasets")
    library.load_dataset = load_dataset  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "datasets", library)
    real = TinyStoriesDataset("tinystories", seq_len=8, count=30)
    assert asked == [("roneneldan/TinyStories", "train[:30]")]
    assert real.tokenizer.decode(real[0][0]) == "Once upon a time there was a small"


def test_generated_stories_differ_by_split_and_seed() -> None:
    assert stories(3, 0) != stories(3, 1)
    one, other = TinyStoriesDataset(count=50), TinyStoriesDataset(count=50, split="validation")
    assert not torch.equal(one[0][0], other[0][0])


def test_a_gpt_learns_the_stories_but_not_by_heart() -> None:
    data = TinyStoriesDataset(seq_len=64, count=4000)
    held_out = TinyStoriesDataset(seq_len=64, count=100, split="validation", tokenizer=data.tokenizer)

    def build() -> GPT:
        return GPT(d_model=64, vocab_size=data.vocab_size, n_layers=2, n_heads=4, seq_len=64)

    outcome = train(build, data, next_token_loss, 150_000, TrainSettings(lr=1e-2), validation=held_out)
    assert outcome.curve[0][1] > 0.7 * math.log(data.vocab_size)
    assert 0.8 < outcome.loss < 0.45 * math.log(data.vocab_size)


def test_a_vit_tells_generated_images_apart() -> None:
    kept: list[ViT] = []

    def build() -> ViT:
        kept.append(ViT(d_model=64, n_layers=2))
        return kept[-1]

    train(build, CifarDataset(count=8000), nn.CrossEntropyLoss(), 40_000, TrainSettings(lr=3e-3))
    test = CifarDataset(train=False, count=1000)
    with torch.no_grad():
        accuracy = (kept[0].eval()(test.images).argmax(dim=1) == test.labels).float().mean()
    assert accuracy > 0.6


def test_cifar_from_a_folder(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name in (*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"):
        rows = rng.integers(0, 256, (4, 3073)).astype(np.uint8)
        rows[:, 0] = [0, 3, 9, 1]
        (tmp_path / name).write_bytes(rows.tobytes())
    data = CifarDataset(tmp_path)
    assert len(data) == 20
    image, label = data[2]
    assert image.shape == (3, 32, 32)
    assert label == 9
    (tmp_path / "test_batch.bin").write_bytes(b"12345")
    with pytest.raises(ValueError, match="no binary CIFAR-10"):
        CifarDataset(tmp_path, train=False)
    with pytest.raises(FileNotFoundError, match=r"lacks data_batch_1\.bin"):
        CifarDataset(tmp_path / "none")

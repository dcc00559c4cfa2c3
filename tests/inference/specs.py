"""Random small models."""

from __future__ import annotations

from hypothesis import strategies as st

from flopscope.inference import ModelSpec


@st.composite
def model_specs(draw: st.DrawFn, *, windows: bool = True) -> ModelSpec:
    small = st.integers(1, 6)
    kv_heads, group, layers = draw(small), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    experts = draw(st.sampled_from([0, 0, 1, 4]))
    dense = draw(st.integers(0, layers)) if experts else 0
    window = draw(st.none() | st.integers(1, 9)) if windows else None
    return ModelSpec(
        vocab=draw(st.integers(1, 50)),
        d_model=draw(st.integers(1, 20)),
        n_layers=layers,
        n_heads=kv_heads * group,
        n_kv_heads=kv_heads,
        head_dim=draw(small),
        v_head_dim=draw(small),
        d_ff=draw(st.integers(1, 30)),
        mlp_mats=draw(st.sampled_from([2, 3])),
        tied=draw(st.booleans()),
        head=draw(st.sampled_from([True, True, False])),
        n_experts=experts,
        top_k=draw(st.integers(1, experts)) if experts else 0,
        shared_d_ff=draw(st.integers(0, 5)) if experts else 0,
        n_dense_layers=dense,
        dense_d_ff=draw(small) if experts else 0,
        sliding_window=window,
        window_layers=draw(st.integers(0, layers)) if window else None,
    )

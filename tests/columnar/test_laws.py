"""Whatever the columns answer, Oxigraph answers the same: each solution as often."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from kg.columnar import Unsupported

from .engines import PREFIXES, both, same
from .worlds import queries, stores

EXAMPLES = int(os.environ.get("COLUMNAR_EXAMPLES", "8"))
"""How many graphs are made; 60 queries are asked of each."""


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="COLUMNAR_EXAMPLES" not in os.environ,  # the same ones each time, unless asked for
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to make a case smaller takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)
@given(
    store=stores(),
    texts=st.lists(queries(), min_size=60, max_size=60),
    union=st.booleans(),
)
def test_both_engines_give_the_same_multiset(store, texts, union):
    assume(len(store) > 0)
    with tempfile.TemporaryDirectory() as folder:
        pair = both(store, Path(folder), union=union)
        for text in texts:
            try:
                expected, found = pair.answers(PREFIXES + text)
            except Unsupported:
                continue
            assert same(expected, found), f"{text}\nOxigraph: {expected}\ncolumns:  {found}"
        pair.columns.close()

"""Names of the transcripts of a pack as Arrow arrays, for the transcripts that are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import unquote

from anntools.kernels import layout as k
from anntools.pack.mapped import Mapped

if TYPE_CHECKING:
    import pyarrow as pa

# Between the bars of NAME_HEAD, NAME_STRAND and NAME_TAIL; what follows is the last part.
_PLACES: Final = {
    "symbol": 0,
    "gene": 1,
    "feature_type": 2,
    "feature": 3,
    "biotype": 4,
    "flags": 6,
    "canonical": 8,
    "mane_select": 9,
}
_PARTS: Final = 11


class Categories(NamedTuple):
    """A fact of each transcript asked for: number of a word, -1 for none; and the words."""

    codes: Any  # int32 array
    words: pa.Array


class Names:
    """Names of a pack's transcripts, read where they lie."""

    def __init__(self, arrays: dict[str, Mapped]) -> None:
        import numpy as np
        import pyarrow as pa

        names, offsets, tx = arrays["names"], arrays["name_off"], arrays["tx"]
        self._held = arrays
        held = pa.foreign_buffer(offsets.address, 8 * offsets.count)
        begins = np.frombuffer(held, dtype=np.int64)[:: k.NAMES].copy()
        # All texts of a transcript as one: they lie one after the other.
        self._texts = pa.LargeStringArray.from_buffers(
            tx.count,
            pa.py_buffer(begins),
            pa.foreign_buffer(names.address, names.count),
        )
        table = pa.foreign_buffer(tx.address, 4 * k.TX_COLUMNS * tx.count)
        self.tx = np.frombuffer(table, dtype=np.int32).reshape(-1, k.TX_COLUMNS)

    def facts(self, used: Any) -> dict[str, Categories]:
        """Facts of the transcripts with the numbers ``used``, by column name."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        parts = pc.split_pattern(self._texts.take(pa.array(used)), "|").flatten()
        begins = np.arange(len(used)) * _PARTS
        facts = {}
        for name, i in _PLACES.items():
            values = parts.take(pa.array(begins + i))
            facts[name] = _each(values) if name == "feature" else _categories(values)
        return facts


def _each(values: pa.Array) -> Categories:
    """Words of which each occurs once."""
    import numpy as np

    return Categories(np.arange(len(values), dtype=np.int32), _plain(values))


def _categories(values: pa.Array) -> Categories:
    """Words and their numbers; an empty text is none."""
    import numpy as np

    encoded = values.dictionary_encode()
    codes = encoded.indices.to_numpy().astype(np.int32)
    empty = encoded.dictionary.index("").as_py()
    if empty >= 0:
        codes = np.where(codes == empty, np.int32(-1), codes)
    return Categories(codes, _plain(encoded.dictionary))


def _plain(words: pa.Array) -> pa.Array:
    """The words without percent encoding."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pc.any(pc.match_substring(words, "%")).as_py():
        return pa.array([unquote(word) for word in words.to_pylist()], pa.large_string())
    return words

"""Names of the transcripts of a pack as Arrow arrays, for the transcripts that are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from anntools.kernels import layout as k
from anntools.pack.mapped import Mapped

if TYPE_CHECKING:
    import pyarrow as pa

_HEAD: tuple[str, ...] = ("symbol", "gene", "feature_type", "feature", "biotype")


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
        self._texts = pa.LargeStringArray.from_buffers(
            offsets.count - 1,
            pa.foreign_buffer(offsets.address, 8 * offsets.count),
            pa.foreign_buffer(names.address, names.count),
        )
        table = pa.foreign_buffer(tx.address, 4 * k.TX_COLUMNS * tx.count)
        self.tx = np.frombuffer(table, dtype=np.int32).reshape(-1, k.TX_COLUMNS)

    def facts(self, used: Any) -> dict[str, Categories]:
        """Facts of the transcripts with the numbers ``used``, by column name."""
        head = self._split(used, k.NAME_HEAD, len(_HEAD))
        facts = {
            name: _each(values) if name == "feature" else _categories(values)
            for name, values in zip(_HEAD, head, strict=True)
        }
        facts["flags"] = _categories(self._split(used, k.NAME_STRAND, 2)[1])
        _, canonical, mane = self._split(used, k.NAME_TAIL, 3)
        facts["canonical"] = _categories(canonical)
        facts["mane_select"] = _categories(mane)
        return facts

    def _split(self, used: Any, which: int, fields: int) -> list[pa.Array]:
        """The fields of one of the pre-rendered texts, each as an array."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        texts = self._texts.take(pa.array(k.NAMES * used + which))
        parts = pc.split_pattern(texts, "|").flatten()
        stride = len(parts) // max(1, len(used))
        at = np.arange(len(used)) * stride
        return [parts.take(pa.array(at + i)) for i in range(fields)]


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

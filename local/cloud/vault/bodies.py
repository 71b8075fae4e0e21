"""Takes the bodies of archives and parts: into a file, hashed and checked on the way."""

from __future__ import annotations

import re

from local.cloud.vault.doorman import BODY_HASH
from local.cloud.vault.refusals import Refusal, invalid
from local.cloud.vault.requests import VaultRequest
from local.cloud.vault.store import LARGEST_PART, Taken, VaultStore
from local.cloud.vault.tree import TreeHash

TREE = "x-amz-sha256-tree-hash"
PIECE = 256 * 1024
HASH = re.compile(r"[0-9a-f]{64}$")


def tree_header(call: VaultRequest) -> str:
    """The tree hash that a client sends.

    Raises
    ------
    Refusal
        It sends none, or something else.
    """
    tree = call.header(TREE)
    if not HASH.match(tree):
        raise invalid(f"Invalid tree hash: {tree[:64]}")
    return tree


async def take(call: VaultRequest, store: VaultStore, length: int | None = None) -> Taken:
    """Bring the body to disk; it has ``length`` bytes, or any number of them but none.

    Raises
    ------
    Refusal
        Its length, its SHA-256 or its tree hash is another than the request says.
    """
    announced = call.request.content_length
    if (announced or 0) > LARGEST_PART:
        raise invalid("Request body is too large.")
    tree = TreeHash()
    sink = store.sink(tree)
    try:
        async for piece in call.request.content.iter_chunked(PIECE):
            await sink.write(piece)
        await sink.finish()
        if announced is not None and announced != sink.size:
            raise Refusal(408, "RequestTimeoutException", "The body ended before its end.")
        if not sink.size or sink.size != (length or sink.size):
            raise invalid(f"Invalid length of the body: {sink.size}")
        for header, computed in (
            (BODY_HASH.lower(), sink.hexdigest("sha256")),
            (TREE, tree.digest().hex()),
        ):
            if call.header(header) != computed:
                told = call.header(header)
                raise invalid(f"Checksum mismatch: expected {told} but computed {computed}")
    except BaseException:
        sink.drop()
        raise
    return Taken(sink.name, sink.size, tree.leaves)

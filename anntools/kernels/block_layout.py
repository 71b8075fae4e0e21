"""The block of slots between Python and the kernels that pack and unpack BGZF."""

from __future__ import annotations

from typing import Final

(
    B_IN,
    B_IN_END,
    B_OUT,
    B_OUT_END,
    B_INFLATE,  # libdeflate_deflate_decompress
    B_INFLATER,  # libdeflate's decompressor, one per thread
    B_CRC,  # libdeflate_crc32
    B_COMPRESS,  # libdeflate_deflate_compress
    B_COMPRESSOR,  # libdeflate's compressor, 0 for none
    B_ISAL_INIT,  # isal_deflate_stateless_init
    B_ISAL_DEFLATE,  # isal_deflate_stateless, 0 for none
    B_STREAM,  # struct isal_zstream
    B_LEVEL,
    B_LEVEL_BUFFER,
    B_LEVEL_BUFFER_SIZE,
) = range(15)
B_SLOTS: Final = 16

BLOCKS_DONE, BLOCKS_FULL, BLOCKS_NOT_BGZF, BLOCKS_DAMAGED = range(4)

BLOCK_TEXT: Final = 65280  # text per block, as bgzip does
BLOCK_ROOM: Final = 65280 + 512  # what one block may need on disk

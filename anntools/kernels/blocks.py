"""BGZF blocks in and out (SAM specification, section 4.1), through libdeflate and ISA-L.

Both libraries come with their Python packages and are called by address, so that a whole group of
blocks costs one call from Python and none of the interpreter's lock. libdeflate's functions are its
public interface; of ISA-L the streaming structure ``isal_zstream`` is used (``igzip_lib.h``), and
``compression`` checks once that it works before anyone relies on it.
"""

from __future__ import annotations

from anntools.kernels.block_layout import (
    B_COMPRESS,
    B_COMPRESSOR,
    B_CRC,
    B_IN,
    B_IN_END,
    B_INFLATE,
    B_INFLATER,
    B_ISAL_DEFLATE,
    B_ISAL_INIT,
    B_LEVEL,
    B_LEVEL_BUFFER,
    B_LEVEL_BUFFER_SIZE,
    B_OUT,
    B_OUT_END,
    B_STREAM,
    BLOCK_TEXT,
    BLOCKS_DAMAGED,
    BLOCKS_DONE,
    BLOCKS_FULL,
    BLOCKS_NOT_BGZF,
)
from anntools.kernels.memory import (
    byte,
    call1,
    call3,
    call5,
    call6,
    copy_exact,
    entry,
    i32,
    i64,
    kernel,
    set_byte,
    set_i32,
    set_i64,
    set_u16,
    u16,
    u32,
)

_HEAD = 18
_TAIL = 8
_ROOM = 512  # what a block may need more than its text


@kernel
def block_size(p: int, end: int) -> int:
    """Size of the BGZF block at ``p``; 0 if it is cut off at ``end``, -1 if it is none."""
    if p + _HEAD > end:
        return 0
    if u32(p, 0) & 0xFFFFFF != 0x088B1F or byte(p + 3) & 4 == 0:
        return -1
    extra_end = p + 12 + u16(p + 10, 0)
    if extra_end > end:
        return 0
    q = p + 12
    while q + 4 <= extra_end:
        if byte(q) == 66 and byte(q + 1) == 67 and u16(q + 2, 0) == 2:
            size = u16(q + 4, 0) + 1
            if size < extra_end - p + _TAIL:
                return -1
            return size if p + size <= end else 0
        q += 4 + u16(q + 2, 0)
    return -1


@entry
def inflate_blocks(b: int) -> int:
    """Inflate whole BGZF blocks from B_IN to B_OUT until one of them is used up; moves both.

    BLOCKS_DONE: no whole block is left. BLOCKS_FULL: the next block does not fit into the output.
    BLOCKS_NOT_BGZF, BLOCKS_DAMAGED: at B_IN.
    """
    p = i64(b, B_IN)
    end = i64(b, B_IN_END)
    o = i64(b, B_OUT)
    status = BLOCKS_DONE
    while p < end:
        size = block_size(p, end)
        if size <= 0:
            status = BLOCKS_NOT_BGZF if size < 0 else BLOCKS_DONE
            break
        text = u32(p + size - 4, 0)
        if text > 65536:
            status = BLOCKS_DAMAGED
            break
        if o + text > i64(b, B_OUT_END):
            status = BLOCKS_FULL
            break
        head = 12 + u16(p + 10, 0)
        if text:
            bad = call6(
                i64(b, B_INFLATE), i64(b, B_INFLATER), p + head, size - head - _TAIL, o, text, 0
            )
            if bad & 0xFFFFFFFF or call3(i64(b, B_CRC), 0, o, text) & 0xFFFFFFFF != u32(
                p + size - _TAIL, 0
            ):
                status = BLOCKS_DAMAGED
                break
        o += text
        p += size
    set_i64(b, B_IN, p)
    set_i64(b, B_OUT, o)
    return status


@entry
def deflate_blocks(b: int) -> int:
    """Compress the text from B_IN to B_IN_END into BGZF blocks at B_OUT; moves both.

    BLOCKS_DONE, or BLOCKS_FULL when there is no room for another block.
    """
    p = i64(b, B_IN)
    end = i64(b, B_IN_END)
    o = i64(b, B_OUT)
    while p < end:
        n = min(end - p, BLOCK_TEXT)
        if o + n + _ROOM > i64(b, B_OUT_END):
            break
        size = deflate_text(b, p, n, o + _HEAD)
        set_i32(o, 0, 0x04088B1F)
        set_i32(o, 1, 0)
        set_i32(o, 2, 0x0006FF00)
        set_i32(o, 3, 0x00024342)
        set_u16(o, 8, size + _HEAD + _TAIL - 1)
        tail = o + _HEAD + size
        set_i32(tail, 0, call3(i64(b, B_CRC), 0, p, n))
        set_i32(tail, 1, n)
        o = tail + _TAIL
        p += n
    set_i64(b, B_IN, p)
    set_i64(b, B_OUT, o)
    return BLOCKS_DONE if p >= end else BLOCKS_FULL


@kernel
def deflate_text(b: int, p: int, n: int, o: int) -> int:
    """One raw deflate stream of ``n`` bytes at ``o``; returns its size. Stored if it grows."""
    size = 0
    if i64(b, B_ISAL_DEFLATE):
        size = isal_text(b, p, n, o)
    elif i64(b, B_COMPRESSOR):
        size = call5(i64(b, B_COMPRESS), i64(b, B_COMPRESSOR), p, n, o, n)
    if size <= 0 or size > n:
        set_byte(o, 1)
        set_u16(o + 1, 0, n)
        set_u16(o + 3, 0, n ^ 0xFFFF)
        copy_exact(o + 5, p, n)
        return n + 5
    return size


@kernel
def isal_text(b: int, p: int, n: int, o: int) -> int:
    """One raw deflate stream by ISA-L; returns its size, 0 if it failed."""
    z = i64(b, B_STREAM)
    call1(i64(b, B_ISAL_INIT), z)
    set_i64(z, 0, p)  # next_in
    set_i32(z, 2, n)  # avail_in
    set_i64(z, 2, o)  # next_out
    set_i32(z, 6, n)  # avail_out
    set_i32(z, 7, 0)  # total_out
    set_i32(z, 10, i64(b, B_LEVEL))
    set_i32(z, 11, i64(b, B_LEVEL_BUFFER_SIZE))
    set_i64(z, 6, i64(b, B_LEVEL_BUFFER))
    set_u16(z, 28, 1)  # end_of_stream
    if call1(i64(b, B_ISAL_DEFLATE), z) & 0xFFFFFFFF:
        return 0
    return i32(z, 7)

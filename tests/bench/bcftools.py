"""A whole bcftools from the library inside PyPI's pysam, as a process of its own.

Run as a script, ``python -I -S bcftools.py FOLDER_OF_PYSAM COMMAND ARGUMENT…`` is bcftools: a bare
interpreter loads the library and calls it. Starting this way costs some ten milliseconds more than
a native program; the benchmark measures it with ``--version`` and takes it off the peer's time.
"""

from __future__ import annotations

import ctypes
import glob
import os
import sys


def main() -> None:
    """Hand the arguments to bcftools and end with its exit code."""
    library = ctypes.CDLL(glob.glob(os.path.join(sys.argv[1], "libcbcftools*.so"))[0])
    library.bcftools_set_stdout(os.dup(1))
    library.bcftools_set_stderr(os.dup(2))
    arguments = [b"bcftools", *map(os.fsencode, sys.argv[2:])]
    array = (ctypes.c_char_p * (len(arguments) + 1))(*arguments, None)
    code = library.bcftools_dispatch(len(arguments), array)
    library.bcftools_close_stdout()
    library.bcftools_close_stderr()
    os._exit(code)


if __name__ == "__main__":
    main()

"""The compiled part of the engine: Python by address, compiled by numba (see ``memory``).

How the kernels share the work. ``c`` is the worker's block, ``line`` a line block, ``alt`` an ALT
block, ``row`` a row block, ``tx`` the address of a transcript's row, ``o`` where to write next;
all are addresses, and all blocks are laid out in ``layout``.

=============== ================================================================================
module          functions that other modules call
=============== ================================================================================
``scan``        ``split_line(c, line, p, end)``: the columns of one line
``record``      ``judge(c, line) -> reason``: 0 when the record can be annotated; sets L_POS,
                L_CONTIG, L_REF_SIZE, and L_AT on error
``alt_forms``   ``alt_kind(line, p, end) -> ALT_*``
``alleles``     ALT blocks, transcripts of an ALT, pick, position class
``stretch``     what small variants deep in introns or between genes have in common
``numbers``     short decimal numbers, eight letters at a time
``shift``       ``shift_allele(c, alt)``: sets A_SHIFT_RIGHT and A_SHIFT_LEFT
``consequence`` ``consequence(c, tx, alt, row) -> int``: fills R_MASK .. R_AA_ALT_SIZE, R_DISTANCE,
                R_STATE of a row whose other slots are 0 except R_ALT, R_TX, R_TX_ROW; texts go to
                the arena at C_TEXT (advance it); returns 0, or 1 when the arena has no room
``structural``  the same for symbolic alleles and breakends: ``structural(c, tx, alt, row)``
``hgvs_g``      ``put_hgvsg(c, o, alt) -> o`` with the contig's prefix
``hgvs_c``      ``put_hgvsc(c, o, tx, t, alt, row) -> o`` with the transcript's prefix
``hgvs_p``      ``put_hgvsp(c, o, tx, t, alt, row) -> o`` with the protein's prefix, or nothing;
                each of the three writes at most ``hgvs_room(alt)`` bytes and its prefix
``vep`` ...     the same three as VEP writes them (``--like vep``), and what they need
``stores``      ``exact_find(c, store, alt, line) -> record or -1``;
                ``exact_fields(store)``, ``exact_class(store, record)`` (for the summary, or -1),
                ``exact_room(store, record, field)``, ``put_exact(o, store, record, field) -> o``
                (nothing written: no value); ``interval_find(c, store, contig, start, end) ->
                first hit or -1``, ``interval_next(store, hit, end) -> hit or -1``,
                ``interval_room(store, hit)``, ``put_interval(o, store, hit) -> o``; ``store`` is
                the address of the store's own block
``csq`` ...     one row in one output format
``write``       the whole line; ``chunk`` the loop over lines; ``tally`` and ``plots`` the counters
``table`` ...   the rows of the table; ``table_genotypes`` who carries an allele
``blocks``      BGZF blocks in and out through ISA-L
=============== ================================================================================
"""

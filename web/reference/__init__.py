"""The reference packs, told to a genome browser: contigs, bases, genes."""

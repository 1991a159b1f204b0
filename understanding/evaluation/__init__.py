"""How well texts are understood, measured on labelled files. Nothing of the files is kept."""

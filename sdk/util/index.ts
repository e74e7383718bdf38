/** Leaf ideas that know nothing of skein: bytes, text, listeners. Imports nothing. */

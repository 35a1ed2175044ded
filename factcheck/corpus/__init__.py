"""The documents a claim is checked against: reading them, cutting them into sentences, and the index over them."""

"""Texts of known effect: pairs that any English NLI model judges right, and texts that break careless code."""

from collections.abc import Mapping
from typing import Final

CANONICAL: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "entailment": (
        ("A man is playing a guitar on a small stage.", "A man is playing an instrument."),
        ("Two brown dogs are running across a wet field.", "Dogs are running."),
        ("The red car was sold to a teacher last week.", "A car was sold."),
        ("The company opened three new factories in 2019.", "The company opened factories in 2019."),
        ("Anna and Peter walked home in the rain.", "Anna walked home."),
        ("All the shops in the town were closed on Sunday.", "The shops were closed on Sunday."),
        ("An old woman is reading a newspaper in the park.", "A woman is reading outdoors."),
    ),
    "neutral": (
        ("A man is playing a guitar on a small stage.", "The man has been married for ten years."),
        ("Two brown dogs are running across a wet field.", "The dogs belong to a farmer from Spain."),
        ("The red car was sold to a teacher last week.", "The teacher likes to swim in the sea."),
        ("The company opened three new factories in 2019.", "Its founder studied chemistry in Paris."),
        ("Anna and Peter walked home in the rain.", "Peter bought a ticket for a concert."),
        ("The library lends books, films and games.", "The librarian was born in Canada."),
        ("An old woman is reading a newspaper in the park.", "Her brother works at a bank."),
    ),
    "contradiction": (
        ("A man is playing a guitar on a small stage.", "The man is asleep in bed."),
        ("Two brown dogs are running across a wet field.", "The dogs are sleeping."),
        ("Nobody was in the house when the fire broke out.", "The house was full of people when the fire broke out."),
        ("The shop is open every day of the week.", "The shop is never open."),
        ("The bridge was finished before the war.", "The bridge was not finished before the war."),
        ("All the shops in the town were closed on Sunday.", "All the shops were open on Sunday."),
        ("The boy is standing alone on the beach.", "There is no boy on the beach."),
    ),
}

PLAIN: Final = ("The ferry leaves at nine and returns before noon.", "The ferry leaves in the morning.")

ODD_TEXTS: Final = (
    "",
    " ",
    "a",
    ".",
    "\n\t\r",
    "\0",
    "😀",
    "👩‍👩‍👧‍👦🏳️‍🌈",
    "日本語の文。",
    "\u202eright to left\u202c",
    "e\u0301" * 20,
    "x" * 300,
    "no " * 500,
    "9" * 60,
    "[CLS] [SEP] [PAD] [MASK] <s> </s> <pad>",
)

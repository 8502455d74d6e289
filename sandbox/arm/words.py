"""Sets of words, written as text for the eye."""


def words(text: str) -> frozenset[str]:
    """Return the words of a text that are separated by white space."""
    return frozenset(text.split())

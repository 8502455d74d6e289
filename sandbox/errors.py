"""The one error whose text is written for the user."""


class SandboxError(Exception):
    """A failure the user can act on; its text says what failed, why, and what to do, and stands without a traceback."""

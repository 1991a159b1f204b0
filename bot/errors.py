"""What can go wrong at the edge, apart from what the rules refuse."""


class Busy(Exception):
    """The event could not be stored (disk full, database away). The platform must be told to try again: 503."""


class Unusable(Exception):
    """The program cannot do what was asked for; the message says to a person why, and what to do next."""

"""Every refusal a person can meet. ``code`` is the key of the sentence in texts/zh_CN/errors.toml.

RuleError
├── TransitionNotAllowed     the state, or the person's role, does not allow this
│   └── AlreadyDone          somebody else has just done it
├── NotFound                 no such issue, or none this person may see
├── WordsNeeded              a deed that needs words came without
├── TooMuch                  more issues than one person may report in an hour or a day
├── TooManyPhotos            more bytes of photos than a day allows
├── ReopenedTooOften         it needs a meeting, not another round
├── InvitationRefused        unknown, used or expired
│   └── TooManyTries         wrong codes, one after another
├── SharedIssue              neighbours are in it too, or it would leave the community: staff must do it
├── NobodyReachable          the unit asked for has nobody on any channel
└── OptionGone               the option pressed is no longer offered
"""


class RuleError(Exception):
    """The request is understood but the rules do not allow it."""

    code = "refused"

    def __init__(self, **params: object) -> None:
        super().__init__(self.code, params)
        self.params = params


class TransitionNotAllowed(RuleError):
    """The issue is not in a state where this can be done, or not by this person."""

    code = "transition_not_allowed"


class AlreadyDone(TransitionNotAllowed):
    """The issue is already where the action leads: a double tap, or somebody was quicker."""

    code = "already_done"


class NotFound(RuleError):
    code = "not_found"


class WordsNeeded(RuleError):
    code = "words_needed"


class TooMuch(RuleError):
    code = "too_much"


class TooManyPhotos(RuleError):
    code = "too_many_photos"


class ReopenedTooOften(RuleError):
    code = "reopened_too_often"


class InvitationRefused(RuleError):
    code = "invitation_refused"


class TooManyTries(InvitationRefused):
    code = "invitation_too_many_tries"


class SharedIssue(RuleError):
    code = "shared_issue"


class NobodyReachable(RuleError):
    code = "nobody_reachable"


class OptionGone(RuleError):
    code = "option_gone"

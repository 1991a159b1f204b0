"""Every refusal a person can meet. ``code`` is the key of the sentence in texts/zh_CN/errors.toml.

RuleError
├── TransitionNotAllowed     the state, or the person's role, does not allow this
│   ├── AlreadyDone          somebody else has just done it
│   └── DatedByMeeting       a meeting set the date; its convener changes it
├── NotFound                 no such issue, or none this person may see
├── MinutesRefused           the minutes are not where this can be done
├── MinutesChanged           somebody wrote, or sent, a newer version of them
├── MinutesDisputed          somebody who was there says that they are wrong
├── CheckInClosed            it is not time to check in, or to open the meeting
├── NotInvited               not on the list of the meeting
├── WrongRoomCode            not the code that the room shows now
├── OwnersMatter             for the owners to decide, not for a meeting of residents
├── NoQuorum                 too few are there to decide
├── ItemSettled              its outcome is noted already
├── BallotOpen               a ballot on it is still open
├── BallotLost               the ballot on it did not adopt it
├── WordsNeeded              a deed that needs words came without
├── TooMuch                  more issues than one person may report in an hour or a day
├── TooManyPhotos            more bytes of photos than a day allows
├── InvitationRefused        unknown, used or expired
│   └── TooManyTries         wrong codes, one after another
├── SharedIssue              neighbours are in it too, or it would leave the community: staff must do it
├── NobodyReachable          the unit asked for has nobody on any channel
├── LeadNamed                the community named who must do it: it cannot be declined or passed on
├── HollowAnswer             an answer that says nothing of what was done
├── HollowStandard           a standard that says nothing one could look at
├── DayOver                  a day that should lie ahead, or be later than the one it has
├── ObjectionsOver           the time for objections is over
├── ObjectedBefore           this person has objected to it already
├── OwnWork                  nobody judges what they carry out themselves
├── MatterUnanswered         one of the matters that were named is not spoken to
├── UrgedToday               once a day is enough
├── ExtendedOnce             it was extended before, or a request for it is still open
├── TooLong                  a date further away than is allowed, or in the past
├── NotDiscussable           the category is not one for a meeting, unless the secretary says why
├── MergeRefused             the two cannot become one: another community, or one of them is merged already
├── OnlyReport               the only report of its issue cannot be split off
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


class DatedByMeeting(TransitionNotAllowed):
    """The issue is carried out by a resolution, whose date is the meeting's: two dates for one matter would be none."""

    code = "dated_by_meeting"


class NotFound(RuleError):
    code = "not_found"


class MeetingRefused(RuleError):
    """The meeting is not in a state where this can be done, or not by this person. ``action``, ``state``, ``chair``."""

    code = "meeting_refused"


class RsvpRefused(RuleError):
    """This answer to an invitation cannot be given. ``why``: the meeting is over, they are there, whose vote it is."""

    code = "rsvp_refused"


class AgendaRefused(RuleError):
    """The agenda cannot be approved or changed so. ``why``: "over", "empty", "duty" (with ``title``), "issue", "item",
    "minutes" (with ``most``)."""

    code = "agenda_refused"


class OffsetRefused(RuleError):
    """A step of the month cannot come then. ``why``: "side" of the meeting, or "order" of the steps."""

    code = "offset_refused"


class MeetingDayRefused(RuleError):
    """A meeting cannot be on that day. ``why``: past, same, far, holiday, taken; ``holiday``: which."""

    code = "meeting_day_refused"


class SeriesExists(RuleError):
    """The place has a series of meetings already."""

    code = "series_exists"


class ResolutionRefused(RuleError):
    """The resolution is not in a state where this can be done, or not by this person. ``action``, ``state``."""

    code = "resolution_refused"


class MinutesRefused(RuleError):
    """The minutes are not where this can be done. ``why``: sent, unsent, published."""

    code = "minutes_refused"


class MinutesChanged(RuleError):
    """Somebody wrote, or sent, a newer version meanwhile. ``version``."""

    code = "minutes_changed"


class MinutesDisputed(RuleError):
    """Somebody who was there says that the minutes are wrong. ``wrong``: how many."""

    code = "minutes_disputed"


class CheckInClosed(RuleError):
    """It is not time to check in, or to open the meeting. ``minutes``: how long before it begins that may be done."""

    code = "check_in_closed"


class NotInvited(RuleError):
    code = "not_invited"


class WrongRoomCode(RuleError):
    code = "wrong_room_code"


class OwnersMatter(RuleError):
    """民法典 278: may be talked over, but not decided here."""

    code = "owners_matter"


class NoQuorum(RuleError):
    """Too few are there to decide. ``households``, ``needed``."""

    code = "no_quorum"


class ItemSettled(RuleError):
    code = "item_settled"


class BallotOpen(RuleError):
    """A ballot on it is still open."""

    code = "ballot_open"


class BallotLost(RuleError):
    """The ballot on it did not adopt it."""

    code = "ballot_lost"


class BallotRefused(RuleError):
    """This cannot be voted on, or not by this household. ``why``, and what the sentence needs for it."""

    code = "ballot_refused"


class OpinionRefused(RuleError):
    """No opinion can be said here, or not like this. ``why``, and what the sentence needs for it."""

    code = "opinion_refused"


class WordsNeeded(RuleError):
    code = "words_needed"


class TooMuch(RuleError):
    code = "too_much"


class TooManyPhotos(RuleError):
    code = "too_many_photos"


class TooManyDocuments(RuleError):
    code = "too_many_documents"


class InvitationRefused(RuleError):
    code = "invitation_refused"


class TooManyTries(InvitationRefused):
    code = "invitation_too_many_tries"


class SharedIssue(RuleError):
    code = "shared_issue"


class NobodyReachable(RuleError):
    code = "nobody_reachable"


class LeadNamed(RuleError):
    code = "lead_named"


class HollowAnswer(RuleError):
    code = "hollow_answer"


class HollowStandard(RuleError):
    code = "hollow_standard"


class DayOver(RuleError):
    code = "day_over"


class ObjectionsOver(RuleError):
    code = "objections_over"


class ObjectedBefore(RuleError):
    code = "objected_before"


class OwnWork(RuleError):
    code = "own_work"


class MatterUnanswered(RuleError):
    code = "matter_unanswered"


class UrgedToday(RuleError):
    code = "urged_today"


class ExtendedOnce(RuleError):
    code = "extended_once"


class TooLong(RuleError):
    code = "too_long"


class NotDiscussable(RuleError):
    code = "not_discussable"


class MergeRefused(RuleError):
    code = "merge_refused"


class OnlyReport(RuleError):
    code = "only_report"


class OptionGone(RuleError):
    code = "option_gone"


class FewParticipants(RuleError):
    """Nobody else was asked to a small consultation."""

    code = "few_participants"


class ConsultationRunning(RuleError):
    """One is going on about the issue. ``number``."""

    code = "consultation_running"


class ConsultationOver(RuleError):
    """``state``: how it ended."""

    code = "consultation_over"


class PaperNotReady(RuleError):
    code = "paper_not_ready"

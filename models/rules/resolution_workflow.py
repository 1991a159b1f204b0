"""The life of a resolution (决议), from the meeting that recorded it to its verified end (meetings.md)."""

from collections.abc import Iterable
from enum import StrEnum

from models.rules.workflow import Transition


class ResolutionState(StrEnum):
    RECORDED = "recorded"  # 会上记下
    PUBLISHED = "published"  # 公示中: anybody may object
    IN_FORCE = "in_force"  # 已生效, its owner has not taken it up
    ACCEPTED = "accepted"  # 落实中
    VERIFYING = "verifying"  # 评事: does it meet the standard
    DONE = "done"  # 已落实
    STOPPED = "stopped"  # 已停止: an objection was upheld


#: Something is still to be done about it, by the due date.
RUNNING = frozenset({ResolutionState.IN_FORCE, ResolutionState.ACCEPTED, ResolutionState.VERIFYING})


class ResolutionAction(StrEnum):
    RECORD = "record"
    PUBLISH = "publish"
    OBJECT = "object"
    DISMISS = "dismiss"  # an objection, with the reason
    UPHOLD = "uphold"
    DELAY = "delay"  # the period is over, but an objection is open
    ENTER_FORCE = "enter_force"
    ACCEPT = "accept"
    NOTE = "note"
    WARN = "warn"  # overdue, or silent for too long
    EXTEND = "extend"
    REASSIGN = "reassign"
    ASK_VERIFICATION = "ask_verification"
    VERIFY = "verify"  # one says whether the standard is met
    COMPLETE = "complete"
    SEND_BACK = "send_back"  # it is not met


class ResolutionActor(StrEnum):
    """What somebody is to one resolution."""

    OWNER = "owner"  # 负责人: holds the post that carries it out
    CONVENER = "convener"  # of the meeting that made it
    UPPER = "upper"
    FOLLOW_UP = "follow_up"  # 项目跟进小组
    RAISER = "raiser"  # of an issue it settles
    RESIDENT = "resident"  # within the meeting's scope
    MEETING = "meeting"  # by its published minutes
    TIMER = "timer"


#: Whoever leads the meeting that made it.
CHAIR = frozenset({ResolutionActor.CONVENER, ResolutionActor.UPPER})


class ResolutionAudience(StrEnum):
    OWNER = "owner"
    OLD_OWNER = "old_owner"
    CONVENER = "convener"
    ABOVE = "above"
    FOLLOW_UP = "follow_up"
    OBJECTOR = "objector"
    RAISERS = "raisers"


class ResolutionNeed(StrEnum):
    WORDS = "words"
    DATE = "date"
    POST = "post"
    MET = "met"  # yes or no


ResolutionTransition = Transition[
    ResolutionAction, ResolutionState, ResolutionActor, ResolutionAudience, ResolutionNeed
]


def _row(
    action: ResolutionAction,
    sources: Iterable[ResolutionState],
    target: ResolutionState | None,
    by: Iterable[ResolutionActor],
    tells: Iterable[ResolutionAudience] = (),
    needs: Iterable[ResolutionNeed] = (),
) -> ResolutionTransition:
    return Transition(action, frozenset(sources), target, frozenset(by), frozenset(tells), frozenset(needs))


_A, _S, _W, _T, _N = ResolutionAction, ResolutionState, ResolutionActor, ResolutionAudience, ResolutionNeed
_AT_WORK = {_S.IN_FORCE, _S.ACCEPTED}

RESOLUTION_WORKFLOW: tuple[ResolutionTransition, ...] = (
    #    action              from               to             by                     who is told                              needs
    _row(_A.PUBLISH,          {_S.RECORDED},    _S.PUBLISHED,  {_W.MEETING},          {_T.RAISERS, _T.OWNER}),
    _row(_A.OBJECT,           {_S.PUBLISHED},   None,          {_W.RESIDENT, _W.RAISER}, {_T.CONVENER, _T.ABOVE},             {_N.WORDS}),
    _row(_A.DISMISS,          {_S.PUBLISHED},   None,          CHAIR,                 {_T.OBJECTOR},                           {_N.WORDS}),
    _row(_A.UPHOLD,           {_S.PUBLISHED},   _S.STOPPED,    CHAIR,                 {_T.OBJECTOR, _T.RAISERS, _T.OWNER, _T.FOLLOW_UP, _T.CONVENER}, {_N.WORDS}),
    _row(_A.DELAY,            {_S.PUBLISHED},   None,          {_W.TIMER},            {_T.CONVENER, _T.ABOVE}),
    _row(_A.ENTER_FORCE,      {_S.PUBLISHED},   _S.IN_FORCE,   {_W.TIMER},            {_T.OWNER, _T.FOLLOW_UP, _T.CONVENER}),
    _row(_A.ACCEPT,           {_S.IN_FORCE},    _S.ACCEPTED,   {_W.OWNER},            {_T.CONVENER}),
    _row(_A.NOTE,             _AT_WORK,         _S.ACCEPTED,   {_W.OWNER},            {_T.RAISERS, _T.FOLLOW_UP},              {_N.WORDS}),
    _row(_A.WARN,             RUNNING,          None,          {_W.TIMER},            {_T.OWNER, _T.CONVENER, _T.ABOVE}),
    _row(_A.EXTEND,           RUNNING,          None,          CHAIR,                 {_T.OWNER, _T.RAISERS, _T.FOLLOW_UP},    {_N.WORDS, _N.DATE}),
    _row(_A.REASSIGN,         RUNNING,          _S.IN_FORCE,   CHAIR,                 {_T.OWNER, _T.OLD_OWNER, _T.RAISERS},    {_N.POST}),
    _row(_A.ASK_VERIFICATION, _AT_WORK,         _S.VERIFYING,  {_W.TIMER, _W.OWNER},  {_T.FOLLOW_UP, _T.RAISERS, _T.CONVENER}),
    _row(_A.VERIFY,           {_S.VERIFYING},   None,          {_W.FOLLOW_UP, _W.RAISER}, (),                                  {_N.MET}),
    _row(_A.COMPLETE,         {_S.VERIFYING},   _S.DONE,       {_W.TIMER} | CHAIR,    {_T.OWNER, _T.FOLLOW_UP, _T.CONVENER}),
    _row(_A.SEND_BACK,        {_S.VERIFYING},   _S.ACCEPTED,   {_W.TIMER} | CHAIR,    {_T.OWNER, _T.FOLLOW_UP, _T.CONVENER, _T.ABOVE}, {_N.WORDS}),
)  # fmt: skip

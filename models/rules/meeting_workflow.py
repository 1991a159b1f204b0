"""The life of a deliberation meeting (议事会), from its planned day to its published minutes (meetings.md)."""

from collections.abc import Iterable
from enum import StrEnum

from models.rules.workflow import Transition


class MeetingState(StrEnum):
    PLANNED = "planned"  # 已排期
    COLLECTING = "collecting"  # 征集议题
    DRAFTED = "drafted"  # 草案待批
    CALLED = "called"  # 已通知: agenda announced, people invited
    IN_SESSION = "in_session"  # 会议中
    HELD = "held"  # 已开完, minutes to be written
    MINUTED = "minuted"  # 纪要核对: with those who were there
    PUBLISHED = "published"  # 已公示
    NOT_HELD = "not_held"  # 未开成: nobody opened it, or too few came
    CANCELLED = "cancelled"  # 已取消


#: Not begun yet: what may still be moved or cancelled.
COMING = frozenset({MeetingState.PLANNED, MeetingState.COLLECTING, MeetingState.DRAFTED, MeetingState.CALLED})
#: Its agenda has been announced, and its items are not settled yet: an issue ``scheduled`` belongs to such a one.
ON_AGENDA = frozenset({MeetingState.CALLED, MeetingState.IN_SESSION, MeetingState.HELD, MeetingState.MINUTED})


class MeetingAction(StrEnum):
    PLAN = "plan"
    MOVE = "move"
    CANCEL = "cancel"
    COLLECT = "collect"
    DRAFT = "draft"
    REMIND_APPROVAL = "remind_approval"
    CLIMB = "climb"  # not approved still: the rung above hears of it
    ALLOW = "allow"  # of an item that looked like a duty of the government: it may be talked over
    APPROVE = "approve"
    ASK_OPINIONS = "ask_opinions"
    REMIND_DAY = "remind_day"
    REMIND_HOURS = "remind_hours"
    OPEN_CHECK_IN = "open_check_in"
    OPEN = "open"
    LACK_QUORUM = "lack_quorum"
    MISS = "miss"  # its day has passed
    CLOSE = "close"
    REMIND_MINUTES = "remind_minutes"
    SEND_MINUTES = "send_minutes"
    REMIND_PUBLISH = "remind_publish"
    PUBLISH = "publish"


class MeetingActor(StrEnum):
    """What somebody is to one meeting."""

    CONVENER = "convener"  # 召集人: holds the post that convenes it
    UPPER = "upper"  # of a rung above the convener's
    VOTER = "voter"  # invited with a vote
    INVITED = "invited"  # invited at all
    RESIDENT = "resident"  # lives within its scope
    TIMER = "timer"


#: Who leads it: calls it, opens it, notes what comes of it.
CHAIR = frozenset({MeetingActor.CONVENER, MeetingActor.UPPER})


class MeetingAudience(StrEnum):
    CONVENER = "convener"
    ABOVE = "above"  # the rung above the convener
    INVITED = "invited"  # all who were invited and told of it
    COMING = "coming"  # those who said that they come
    SILENT = "silent"  # those who have not answered
    ATTENDEES = "attendees"  # those who were there
    RESIDENTS = "residents"  # those who live within its scope


class MeetingNeed(StrEnum):
    WORDS = "words"
    DATE = "date"


class Form(StrEnum):
    """In which form it is held (形式)."""

    BENCH = "bench"  # 红色板凳会
    COURTYARD = "courtyard"  # 红色小院谈话会
    HALL = "hall"  # 红色议事厅
    ON_SITE = "on_site"  # 现场会
    ONLINE = "online"  # 线上议事


class QuorumRule(StrEnum):
    """Who must be there (households count once)."""

    HALF_OF_VOTERS = "half_of_voters"  # more than half of the invited voters
    TWO_THIRDS_OF_VOTERS = "two_thirds_of_voters"
    RESIDENTS_ASSEMBLY = "residents_assembly"  # 居民会议: more than half of the households (居民委员会组织法 10)


class Capacity(StrEnum):
    VOTER = "voter"  # 议事代表
    OBSERVER = "observer"  # 列席
    DEPARTMENT = "department"  # 职能部门、承办单位


class Rsvp(StrEnum):
    COMING = "coming"  # 参加
    NOT_COMING = "not_coming"  # 不参加
    PROXY = "proxy"  # 委托


class CheckedInBy(StrEnum):
    SELF = "self"  # the button
    QR = "qr"  # the room's code
    CONVENER = "convener"  # for people without a phone


class ItemKind(StrEnum):
    ISSUES = "issues"  # one issue, or several alike
    REVIEW = "review"  # a resolution due for review, or overdue
    FREE = "free"  # added by the convener


class ItemState(StrEnum):
    """Where an item stands. From ADOPTED on: what came of it (结果)."""

    DRAFTED = "drafted"  # on the draft
    QUEUED = "queued"  # 未列入: next time, with its place
    DROPPED = "dropped"  # taken off with a reason
    LISTED = "listed"  # announced: only these can be voted on
    IN_TALK = "in_talk"  # being talked over now
    ADOPTED = "adopted"  # 通过
    REJECTED = "rejected"  # 未通过
    ADJOURNED = "adjourned"  # 再议
    REFERRED = "referred"  # 移交
    INFORMED = "informed"  # 通报
    NOT_REACHED = "not_reached"  # 没来得及议


#: What may come of an item that was announced.
OUTCOMES = frozenset(
    {
        ItemState.ADOPTED,
        ItemState.REJECTED,
        ItemState.ADJOURNED,
        ItemState.REFERRED,
        ItemState.INFORMED,
        ItemState.NOT_REACHED,
    }
)
#: Items of an announced agenda, whatever came of them.
ANNOUNCED = OUTCOMES | {ItemState.LISTED, ItemState.IN_TALK}


class Competence(StrEnum):
    """Whose matter it is (权限)."""

    RESIDENTS = "residents"  # residents' self-government: may be agreed here
    OWNERS = "owners"  # 民法典 278: may be talked over, not decided
    GOVERNMENT = "government"  # a duty of the government: a whistle, not an item


MeetingTransition = Transition[MeetingAction, MeetingState, MeetingActor, MeetingAudience, MeetingNeed]


def _row(
    action: MeetingAction,
    sources: Iterable[MeetingState],
    target: MeetingState | None,
    by: Iterable[MeetingActor],
    tells: Iterable[MeetingAudience] = (),
    needs: Iterable[MeetingNeed] = (),
) -> MeetingTransition:
    return Transition(action, frozenset(sources), target, frozenset(by), frozenset(tells), frozenset(needs))


_A, _S, _W, _T, _N = MeetingAction, MeetingState, MeetingActor, MeetingAudience, MeetingNeed
_UNCALLED = {_S.PLANNED, _S.COLLECTING, _S.DRAFTED}

MEETING_WORKFLOW: tuple[MeetingTransition, ...] = (
    #    action             from                  to              by                      who is told                          needs
    _row(_A.MOVE,            COMING,              None,           CHAIR | {_W.TIMER},    {_T.CONVENER, _T.INVITED},           {_N.WORDS, _N.DATE}),
    _row(_A.CANCEL,          COMING,              _S.CANCELLED,   CHAIR,                 {_T.CONVENER, _T.INVITED},           {_N.WORDS}),
    _row(_A.COLLECT,         {_S.PLANNED},        _S.COLLECTING,  {_W.TIMER} | CHAIR,    {_T.CONVENER, _T.RESIDENTS}),
    _row(_A.DRAFT,           {_S.COLLECTING},     _S.DRAFTED,     {_W.TIMER} | CHAIR,    {_T.CONVENER}),
    _row(_A.REMIND_APPROVAL, {_S.DRAFTED},        None,           {_W.TIMER},             {_T.CONVENER}),
    _row(_A.CLIMB,           {_S.DRAFTED},        None,           {_W.TIMER},             {_T.CONVENER, _T.ABOVE}),
    _row(_A.ALLOW,           {_S.DRAFTED},        None,           {_W.UPPER},             {_T.CONVENER},                       {_N.WORDS}),
    _row(_A.APPROVE,         {_S.DRAFTED},        _S.CALLED,      CHAIR,                 {_T.INVITED}),
    _row(_A.ASK_OPINIONS,    {_S.CALLED},         None,           {_W.TIMER},             {_T.INVITED, _T.RESIDENTS}),
    _row(_A.REMIND_DAY,      {_S.CALLED},         None,           {_W.TIMER},             {_T.CONVENER, _T.COMING, _T.SILENT}),
    _row(_A.REMIND_HOURS,    {_S.CALLED},         None,           {_W.TIMER},             {_T.CONVENER, _T.COMING}),
    _row(_A.OPEN_CHECK_IN,   {_S.CALLED},         None,           {_W.TIMER},             {_T.CONVENER, _T.COMING}),
    _row(_A.OPEN,            {_S.CALLED},         _S.IN_SESSION,  CHAIR),
    _row(_A.LACK_QUORUM,     {_S.CALLED, _S.IN_SESSION}, _S.NOT_HELD, CHAIR,             {_T.CONVENER, _T.INVITED, _T.ABOVE}, {_N.WORDS}),
    _row(_A.MISS,            _UNCALLED | {_S.CALLED}, _S.NOT_HELD, {_W.TIMER},            {_T.CONVENER, _T.INVITED, _T.ABOVE}, {_N.WORDS}),
    _row(_A.CLOSE,           {_S.IN_SESSION},     _S.HELD,        CHAIR | {_W.TIMER},    {_T.CONVENER}),
    _row(_A.REMIND_MINUTES,  {_S.HELD},           None,           {_W.TIMER},             {_T.CONVENER, _T.ABOVE}),
    _row(_A.SEND_MINUTES,    {_S.HELD, _S.MINUTED}, _S.MINUTED,   CHAIR,                 {_T.ATTENDEES}),
    _row(_A.REMIND_PUBLISH,  {_S.HELD, _S.MINUTED}, None,         {_W.TIMER},             {_T.CONVENER, _T.ABOVE}),
    _row(_A.PUBLISH,         {_S.MINUTED},        _S.PUBLISHED,   CHAIR,                 {_T.INVITED}),
)  # fmt: skip

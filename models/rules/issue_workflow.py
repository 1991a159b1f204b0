"""The life of an issue, from first word to closure (workflow.md). Nothing else decides this."""

from collections.abc import Iterable
from enum import StrEnum

from models.rules.workflow import Transition


class State(StrEnum):
    RECEIVED = "received"  # 已收到
    ACCEPTED = "accepted"  # 已受理
    IN_PROGRESS = "in_progress"  # 办理中
    WAITING = "waiting"  # 待补充
    TO_DELIBERATE = "to_deliberate"  # 待议
    SCHEDULED = "scheduled"  # 已列议程
    DECIDED = "decided"  # 决议落实中
    SHELVED = "shelved"  # 挂账
    ANSWERED = "answered"  # 已答复
    CLOSED = "closed"  # 已办结
    MERGED = "merged"  # 已并案
    WITHDRAWN = "withdrawn"  # 已撤回
    VOID = "void"  # 作废


OPEN = frozenset(
    {
        State.RECEIVED,
        State.ACCEPTED,
        State.IN_PROGRESS,
        State.WAITING,
        State.TO_DELIBERATE,
        State.SCHEDULED,
        State.DECIDED,
        State.SHELVED,
    }
)


class Action(StrEnum):
    REPORT = "report"
    ACCEPT = "accept"
    ASSIGN = "assign"
    ANSWER = "answer"
    HAND_OVER = "hand_over"
    SUPPLY = "supply"
    JOIN = "join"  # a neighbour's report is added to it
    CORRECT = "correct"  # its category was understood wrongly
    RELOCATE = "relocate"  # its place was
    RATE = "rate"
    CLOSE = "close"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"


class Actor(StrEnum):
    """What somebody is to one issue. One person can be several."""

    ANYONE = "anyone"
    RAISER = "raiser"  # an own report in it
    HOLDER = "holder"  # of the post that holds it
    STEWARD = "steward"  # of its unit or building
    SECRETARY = "secretary"  # of its grid
    COMMUNITY = "community"  # staff of its community
    STREET = "street"
    TIMER = "timer"


class Audience(StrEnum):
    RAISER = "raiser"  # the one whose report this is about
    RAISERS = "raisers"  # all of them
    OTHER_RAISERS = "other_raisers"  # all but the one who acts
    HOLDER = "holder"  # after the move
    OLD_HOLDER = "old_holder"  # before the move, where it changed


class Need(StrEnum):
    """What a deed cannot do without."""

    WORDS = "words"
    POST = "post"  # to whom
    OUTCOME = "outcome"
    RATING = "rating"


class Outcome(StrEnum):
    """A/B/C classing of an answer."""

    SOLVED = "A"
    UNDER_WAY = "B"
    EXPLAINED = "C"  # cannot be done now, and why


class Reason(StrEnum):
    """Why something cannot be done now (outcome C; later also shelving)."""

    NO_COMPETENCE = "no_competence"  # 没有这个权限
    NO_MONEY = "no_money"  # 没有资金
    OWNERS_VOTE = "owners_vote"  # 需要业主表决
    THIRD_PARTY = "third_party"  # 要等别人
    SEASON = "season"  # 要等季节


class Rating(StrEnum):
    SATISFIED = "satisfied"  # 满意
    BASIC = "basic"  # 基本满意
    UNSATISFIED = "unsatisfied"  # 不满意


class Nature(StrEnum):
    ASK = "ask"
    HELP = "help"
    COMPLAINT = "complaint"
    REPORT = "report"
    SUGGEST = "suggest"


IssueTransition = Transition[Action, State, Actor, Audience, Need]


def _row(
    action: Action,
    sources: Iterable[State],
    target: State | None,
    by: Iterable[Actor],
    tells: Iterable[Audience] = (),
    needs: Iterable[Need] = (),
) -> IssueTransition:
    return Transition(action, frozenset(sources), target, frozenset(by), frozenset(tells), frozenset(needs))


_A, _S, _W, _T, _N = Action, State, Actor, Audience, Need
_AT_WORK = {_S.RECEIVED, _S.ACCEPTED, _S.IN_PROGRESS}
_NEW = {_S.RECEIVED, _S.ACCEPTED}
_ABOVE = {_W.SECRETARY, _W.COMMUNITY, _W.STREET}
_STAFF = {_W.HOLDER, _W.STEWARD} | _ABOVE

# A report begins an issue, so it comes from no state at all; it is told like any other row.
BIRTH = _row(_A.REPORT, (), _S.RECEIVED, {_W.ANYONE}, {_T.RAISER, _T.HOLDER}, {_N.WORDS})

_RAISERS_AND_HOLDERS = {_T.RAISERS, _T.HOLDER, _T.OLD_HOLDER}

ISSUE_WORKFLOW: tuple[IssueTransition, ...] = (
    #    action        from                        to              by whom                who is told     needs
    _row(_A.ACCEPT,    {_S.RECEIVED},              _S.ACCEPTED,    {_W.HOLDER},           {_T.RAISERS}),
    _row(_A.ANSWER,    _AT_WORK | {_S.DECIDED},    _S.ANSWERED,    {_W.HOLDER},           {_T.RAISERS},   {_N.WORDS, _N.OUTCOME}),
    _row(_A.ASSIGN,    _AT_WORK,                   _S.IN_PROGRESS, _ABOVE | {_W.STEWARD}, _RAISERS_AND_HOLDERS, {_N.POST}),
    _row(_A.HAND_OVER, _AT_WORK,                   _S.RECEIVED,    {_W.HOLDER},           {_T.RAISERS, _T.HOLDER}, {_N.WORDS}),
    _row(_A.SUPPLY,    OPEN | {_S.ANSWERED},       None,           {_W.RAISER},           {_T.HOLDER}),
    _row(_A.JOIN,      OPEN,                       None,           {_W.ANYONE},           {_T.RAISER, _T.HOLDER}, {_N.WORDS}),
    _row(_A.CORRECT,   OPEN,                       None,           _STAFF,                {_T.RAISERS, _T.HOLDER}),
    _row(_A.CORRECT,   _NEW,                       None,           {_W.RAISER},           {_T.RAISERS, _T.HOLDER}),
    _row(_A.RELOCATE,  _AT_WORK,                   _S.RECEIVED,    _STAFF,                _RAISERS_AND_HOLDERS),
    _row(_A.RELOCATE,  _NEW,                       _S.RECEIVED,    {_W.RAISER},           _RAISERS_AND_HOLDERS),
    _row(_A.RATE,      {_S.ANSWERED},              None,           {_W.RAISER},           {_T.HOLDER},    {_N.RATING}),
    _row(_A.CLOSE,     {_S.ANSWERED},              _S.CLOSED,      {_W.TIMER}),
    _row(_A.REOPEN,    {_S.ANSWERED, _S.CLOSED},   _S.RECEIVED,    {_W.RAISER},           {_T.HOLDER, _T.OTHER_RAISERS}, {_N.WORDS}),
    _row(_A.WITHDRAW,  OPEN,                       _S.WITHDRAWN,   {_W.RAISER},           {_T.HOLDER}),
)  # fmt: skip

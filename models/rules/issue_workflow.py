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
    NAME_LEAD = "name_lead"  # the community names who cannot decline
    DECLINE = "decline"
    ASK = "ask"
    SUPPLY = "supply"
    RESUME = "resume"  # nobody answered the question
    ANSWER = "answer"
    HAND_OVER = "hand_over"
    ESCALATE = "escalate"
    JOIN = "join"  # a neighbour's report is added to it
    CORRECT = "correct"  # its category was understood wrongly
    RELOCATE = "relocate"  # its place was
    MERGE = "merge"
    ABSORB = "absorb"  # the other side of a merge
    UNMERGE = "unmerge"
    RELEASE = "release"  # the other side of undoing one
    SPLIT = "split"
    SUGGEST = "suggest"  # a steward thinks that it should be talked over
    PROPOSE = "propose"
    SCHEDULE = "schedule"
    UNSCHEDULE = "unschedule"
    DECIDE = "decide"
    ADJOURN = "adjourn"
    RETURN = "return"  # rejected by a meeting, or given by it to somebody else
    REFER = "refer"  # to a meeting of another level
    CONSULT = "consult"  # 微协商 is called
    AGREE = "agree"  # what came of it
    SHELVE = "shelve"
    UNSHELVE = "unshelve"
    REVIEW = "review"  # what could not be done is looked at again
    URGE = "urge"
    SUPERVISE = "supervise"
    ASK_EXTENSION = "ask_extension"
    EXTEND = "extend"
    REFUSE_EXTENSION = "refuse_extension"
    WHISTLE = "whistle"
    ARRIVE = "arrive"
    HELP = "help"  # a helper says what came of it
    COUNT = "count"  # households and people affected
    WARN = "warn"  # its light has changed
    HEARTBEAT = "heartbeat"  # it is still worked on
    RATE = "rate"
    FOLLOW_UP = "follow_up"  # who was silent is asked whether it is solved
    CHECK = "check"  # what they say
    CLOSE = "close"
    REOPEN = "reopen"
    APPEAL = "appeal"  # not satisfied again: to a meeting
    WITHDRAW = "withdraw"
    VOID = "void"


class Actor(StrEnum):
    """What somebody is to one issue. One person can be several."""

    ANYONE = "anyone"
    RAISER = "raiser"  # an own report in it
    ASKED = "asked"  # the raiser whose answer it waits for
    HOLDER = "holder"  # of the post that holds it
    HANDLER = "handler"  # the same, for a handling unit
    HELPER = "helper"  # of a unit called to help
    STEWARD = "steward"  # of its unit or building
    SECRETARY = "secretary"  # of its grid
    COMMUNITY = "community"  # staff of its community
    STREET = "street"
    UPPER = "upper"  # of a rung above the one that has it now
    MEETING = "meeting"  # a deliberation meeting, by its agenda and minutes
    TIMER = "timer"


#: The other side of a deed on another issue: nobody does them by themselves.
OTHER_SIDE = frozenset({Action.ABSORB, Action.RELEASE})

#: Who raised it, and nothing else: what staff may see and do is not theirs.
RAISING = frozenset({Actor.RAISER, Actor.ASKED})


class Audience(StrEnum):
    RAISER = "raiser"  # the one whose report this is about
    RAISERS = "raisers"  # all of them
    OTHER_RAISERS = "other_raisers"  # all but the one who acts
    SILENT_RAISERS = "silent_raisers"  # those who have not rated
    HOLDER = "holder"  # after the move
    OLD_HOLDER = "old_holder"  # before the move, where it changed
    ASSIGNER = "assigner"  # who gave it to the one who acts
    ABOVE = "above"  # the rung above the holder's
    HELPERS = "helpers"  # the units called


class Need(StrEnum):
    """What a deed cannot do without."""

    WORDS = "words"
    POST = "post"  # to whom
    OUTCOME = "outcome"
    RATING = "rating"
    REASON = "reason"  # of a class
    DATE = "date"  # until when, or when again
    LEVEL = "level"  # of the meeting
    COUNT = "count"
    SOLVED = "solved"  # yes or no


class Level(StrEnum):
    """Of a deliberation meeting (三级议事)."""

    CORRIDOR = "corridor"  # 楼道会
    COMPOUND = "compound"  # 小区议事会
    COMMUNITY = "community"  # 社区议事会


class Outcome(StrEnum):
    """A/B/C classing of an answer."""

    SOLVED = "A"
    UNDER_WAY = "B"
    EXPLAINED = "C"  # cannot be done now, and why


class Reason(StrEnum):
    """Why something cannot be done now (outcome C, shelving)."""

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
_DONE = {_S.ANSWERED, _S.CLOSED}
_SECRETARY = {_W.SECRETARY, _W.COMMUNITY}
_ABOVE = {*_SECRETARY, _W.STREET}
_FRONT = {_W.STEWARD, *_SECRETARY}
_STAFF = {_W.HOLDER, _W.STEWARD} | _ABOVE
_ALL = {_T.RAISERS, _T.HOLDER, _T.OLD_HOLDER}
_BOTH = {_T.RAISERS, _T.HOLDER}

# A report begins an issue, so it comes from no state at all; it is told like any other row.
BIRTH = _row(_A.REPORT, (), _S.RECEIVED, {_W.ANYONE}, {_T.RAISER, _T.HOLDER}, {_N.WORDS})

ISSUE_WORKFLOW: tuple[IssueTransition, ...] = (
    #    action        from                        to              by whom                who is told     needs
    # Taking it up and passing it on.
    _row(_A.ACCEPT,    {_S.RECEIVED},              _S.ACCEPTED,    {_W.HOLDER},           {_T.RAISERS}),
    _row(_A.ANSWER,    _AT_WORK | {_S.DECIDED},    _S.ANSWERED,    {_W.HOLDER},           {_T.RAISERS},   {_N.WORDS, _N.OUTCOME}),
    _row(_A.ANSWER,    {_S.DECIDED},               _S.ANSWERED,    {_W.MEETING},          {_T.RAISERS},   {_N.WORDS, _N.OUTCOME}),
    _row(_A.ASSIGN,    _AT_WORK,                   _S.IN_PROGRESS, _ABOVE | {_W.STEWARD}, _ALL,           {_N.POST}),
    _row(_A.NAME_LEAD, _AT_WORK,                   _S.IN_PROGRESS, {_W.COMMUNITY, _W.STREET}, _ALL,       {_N.POST}),
    _row(_A.DECLINE,   _AT_WORK,                   _S.RECEIVED,    {_W.HANDLER, _W.STEWARD}, {_T.ASSIGNER, _T.HOLDER}, {_N.WORDS}),
    _row(_A.HAND_OVER, _AT_WORK,                   _S.RECEIVED,    {_W.HOLDER},           _BOTH,          {_N.WORDS}),
    _row(_A.ESCALATE,  OPEN,                       _S.RECEIVED,    {_W.TIMER},            _ALL),
    _row(_A.VOID,      {_S.RECEIVED},              _S.VOID,        _SECRETARY,            {_T.RAISERS},   {_N.WORDS}),
    # Asking and being told more. From waiting it goes back to where it was, when the one who was asked has answered.
    _row(_A.ASK,       {_S.ACCEPTED, _S.IN_PROGRESS}, _S.WAITING,  {_W.HOLDER},           {_T.RAISER},    {_N.WORDS}),
    _row(_A.SUPPLY,    OPEN | {_S.ANSWERED},       None,           {_W.RAISER},           {_T.HOLDER}),
    _row(_A.RESUME,    {_S.WAITING},               None,           {_W.TIMER},            {_T.RAISER, _T.HOLDER}),
    _row(_A.CORRECT,   OPEN,                       None,           _STAFF,                _BOTH),
    _row(_A.CORRECT,   _NEW,                       None,           {_W.RAISER},           _BOTH),
    _row(_A.RELOCATE,  _AT_WORK,                   _S.RECEIVED,    _STAFF,                _ALL),
    _row(_A.RELOCATE,  _NEW,                       _S.RECEIVED,    {_W.RAISER},           _ALL),
    # Many raisers, one issue.
    _row(_A.JOIN,      OPEN,                       None,           {_W.ANYONE},           {_T.RAISER, _T.HOLDER}, {_N.WORDS}),
    _row(_A.MERGE,     OPEN,                       _S.MERGED,      _FRONT,                {_T.RAISERS}),
    _row(_A.ABSORB,    OPEN,                       None,           _FRONT,                {_T.HOLDER}),
    _row(_A.UNMERGE,   {_S.MERGED},                None,           _FRONT | {_W.RAISER},  _BOTH),
    _row(_A.RELEASE,   OPEN | {_S.ANSWERED},       None,           _FRONT | {_W.RAISER},  {_T.HOLDER}),
    _row(_A.RELEASE,   {_S.CLOSED},                None,           _FRONT | {_W.RAISER}),
    _row(_A.SPLIT,     OPEN,                       None,           _FRONT | {_W.RAISER},  {_T.HOLDER}),
    _row(_A.COUNT,     OPEN,                       None,           _FRONT,                (),             {_N.COUNT}),
    # What neighbours settle together.
    _row(_A.SUGGEST,   _AT_WORK,                   None,           {_W.STEWARD},          {_T.ABOVE},     {_N.WORDS}),
    _row(_A.PROPOSE,   _AT_WORK,                   _S.TO_DELIBERATE, _SECRETARY,          {_T.RAISERS},   {_N.LEVEL}),
    _row(_A.PROPOSE,   _AT_WORK,                   _S.TO_DELIBERATE, {_W.MEETING},         {_T.RAISERS},   {_N.LEVEL}),
    _row(_A.SCHEDULE,  {_S.TO_DELIBERATE},         _S.SCHEDULED,   {_W.MEETING},          {_T.RAISERS},   {_N.DATE}),
    _row(_A.SCHEDULE,  {_S.SCHEDULED},             None,           {_W.MEETING},          {_T.RAISERS},   {_N.WORDS, _N.DATE}),  # moved
    _row(_A.UNSCHEDULE, {_S.SCHEDULED},            _S.TO_DELIBERATE, {_W.MEETING},        {_T.RAISERS},   {_N.WORDS}),
    _row(_A.DECIDE,    {_S.SCHEDULED},             _S.DECIDED,     {_W.MEETING},          _ALL,           {_N.WORDS, _N.DATE}),
    _row(_A.DECIDE,    {_S.DECIDED},               None,           {_W.MEETING},          (),             {_N.WORDS, _N.DATE}),  # another day or owner
    _row(_A.ADJOURN,   {_S.SCHEDULED},             _S.TO_DELIBERATE, {_W.MEETING},        {_T.RAISERS},   {_N.WORDS}),
    _row(_A.RETURN,    {_S.SCHEDULED, _S.TO_DELIBERATE}, _S.ACCEPTED,    {_W.MEETING},          _ALL,           {_N.WORDS}),
    _row(_A.REFER,     {_S.SCHEDULED},             _S.TO_DELIBERATE, {_W.MEETING},        _BOTH,          {_N.WORDS, _N.LEVEL, _N.DATE}),
    _row(_A.CONSULT,   {_S.RECEIVED},              _S.ACCEPTED,    _FRONT,                {_T.RAISERS},   {_N.WORDS}),
    _row(_A.CONSULT,   _AT_WORK - {_S.RECEIVED},   None,           _FRONT,                {_T.RAISERS},   {_N.WORDS}),
    _row(_A.AGREE,     _AT_WORK,                   None,           {_W.MEETING},          _BOTH,          {_N.WORDS}),
    # What cannot be done now.
    _row(_A.SHELVE,    {_S.ACCEPTED, _S.IN_PROGRESS, _S.DECIDED}, _S.SHELVED, _SECRETARY, {_T.RAISERS},   {_N.WORDS, _N.REASON, _N.DATE}),
    _row(_A.UNSHELVE,  {_S.SHELVED},               _S.ACCEPTED,    _SECRETARY | {_W.TIMER}, _BOTH),
    _row(_A.REVIEW,    _DONE,                      _S.RECEIVED,    {_W.TIMER},            _ALL),
    # Pressing it, and helping with it. The holder stays its lead.
    _row(_A.URGE,      OPEN,                       None,           {_W.RAISER},           {_T.HOLDER, _T.ABOVE}),
    _row(_A.SUPERVISE, OPEN,                       None,           {_W.UPPER},            {_T.HOLDER},    {_N.WORDS}),
    _row(_A.ASK_EXTENSION, _AT_WORK,               None,           {_W.HOLDER},           {_T.ABOVE},     {_N.WORDS, _N.DATE}),
    _row(_A.EXTEND,    OPEN,                       None,           {_W.UPPER},            _BOTH,          {_N.DATE}),
    _row(_A.REFUSE_EXTENSION, OPEN,                None,           {_W.UPPER},            {_T.HOLDER},    {_N.WORDS}),
    _row(_A.WHISTLE,   OPEN,                       None,           _ABOVE,                {_T.RAISERS, _T.HELPERS}, {_N.WORDS, _N.DATE}),
    _row(_A.ARRIVE,    OPEN,                       None,           {_W.HELPER},           {_T.HOLDER}),
    _row(_A.HELP,      OPEN,                       None,           {_W.HELPER},           {_T.HOLDER},    {_N.WORDS}),
    _row(_A.WARN,      OPEN,                       None,           {_W.TIMER},            {_T.HOLDER}),
    _row(_A.HEARTBEAT, OPEN,                       None,           {_W.TIMER},            {_T.RAISERS}),
    # After the answer.
    _row(_A.RATE,      {_S.ANSWERED},              None,           {_W.RAISER},           {_T.HOLDER},    {_N.RATING}),
    _row(_A.FOLLOW_UP, {_S.ANSWERED},              None,           {_W.TIMER},            {_T.SILENT_RAISERS}),
    _row(_A.CHECK,     {_S.ANSWERED},              None,           {_W.RAISER},           {_T.HOLDER},    {_N.SOLVED}),
    _row(_A.CLOSE,     {_S.ANSWERED},              _S.CLOSED,      {_W.TIMER}),
    _row(_A.REOPEN,    _DONE,                      _S.RECEIVED,    {_W.RAISER},           {_T.HOLDER, _T.OTHER_RAISERS}, {_N.WORDS}),
    _row(_A.APPEAL,    _DONE,                      _S.TO_DELIBERATE, {_W.RAISER},         {_T.HOLDER, _T.OTHER_RAISERS}, {_N.WORDS, _N.LEVEL}),
    _row(_A.WITHDRAW,  OPEN,                       _S.WITHDRAWN,   {_W.RAISER},           {_T.HOLDER}),
)  # fmt: skip

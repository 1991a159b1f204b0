"""清账: whoever holds what is overdue, and the rung above, are reminded now."""

from __future__ import annotations

from handlers.announcements import options_of, sentence
from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import again, option, start_option
from services import clearing, ledgers
from services.standing import Ledger
from texts import text


def start(ctx: Context) -> Reply:
    reach = ledgers.reach_of(ctx.session, member_id=ctx.person.member_id, at=ctx.at)
    count = ledgers.counts(ctx.session, reach=reach, at=ctx.at, rules=ctx.rules)[Ledger.OVERDUE]
    if not count:
        return Reply(text("clear.none"))
    options = (
        option("clear.send", "yes"),
        start_option("clear.see", "ledger", argument=Ledger.OVERDUE.value),
        option("clear.not_now", "no"),
    )
    return Reply(text("clear.ask", count=count), options, then=receive_answer)


def receive_answer(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    if ctx.choice == "no":
        return Reply(text("clear.left"))
    cleared = clearing.clear(
        ctx.session,
        reach=ledgers.reach_of(ctx.session, member_id=ctx.person.member_id, at=ctx.at),
        actor_id=ctx.person.member_id,
        at=ctx.at,
        rules=ctx.rules,
    )
    if not cleared.overdue:
        return Reply(text("clear.none"))
    if not cleared.people and cleared.own is None:
        return Reply(text("clear.done_before" if cleared.told_before else "clear.nobody", count=cleared.overdue))
    done = text("clear.done", people=cleared.people, issues=cleared.issues) if cleared.people else ""
    if cleared.own is None:
        return Reply(done)
    mine = text("clear.yours", done=done, notice=sentence("clearing", cleared.own))
    return Reply(mine, options_of("clearing", cleared.own), numbered=False)

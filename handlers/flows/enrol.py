"""登记住址: where somebody lives, so that they need not say it again."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import again, option
from services import intake, members
from texts import text
from understanding import find_place


def start(ctx: Context) -> Reply:
    key = "enrol.ask_again" if ctx.person.home else "enrol.ask"
    return Reply(text(key, home=ctx.person.home_label), then=receive_home)


def receive_home(ctx: Context) -> Reply:
    found = find_place(ctx.text, ctx.house.gazetteer, None)
    if found.compound_id is None:
        return again("enrol.not_found")
    if found.unit_id is None:
        return again("enrol.unit_needed")
    where = intake.Where(found.compound_id, found.building_id, found.unit_id, None, found.room)
    ctx.data |= {"unit": found.unit_id, "room": found.room}
    place = intake.locate(ctx.session, where).label
    consent = ctx.person.consent_version != ctx.rules.consent_version
    note = text("enrol.consent", url=f"{ctx.house.public_url}/privacy") if consent else ""
    return Reply(
        text("enrol.confirm", place=place, room=found.room, consent=note),
        (option("enrol.agree" if consent else "common.yes", "yes"), option("common.no", "no")),
        then=receive_confirmation,
    )


def receive_confirmation(ctx: Context) -> Reply:
    match ctx.choice:
        case "yes":
            member_id = ctx.person.member_id
            if ctx.person.consent_version != ctx.rules.consent_version:
                members.consent(ctx.session, member_id=member_id, version=ctx.rules.consent_version, at=ctx.at)
            home = members.settle_home(
                ctx.session, member_id=member_id, unit_id=ctx.data["unit"], room=ctx.data["room"]
            )
            return Reply(text("enrol.done", home=home))
        case "no":
            return Reply(text("enrol.ask", home=""), then=receive_home)
    return again()

"""Taking part in a small consultation: a word to all, the text that is to be agreed, yes or no to it."""

from __future__ import annotations

from handlers.context import Context
from handlers.dates import day_and_time
from handlers.meetings import named
from handlers.messages import Option, Reply, unended
from handlers.prompts import again, option
from models.consultation import GOING_ON, ConsultationState
from services import consultation_queries, consultations
from services.consultation_queries import ConsultationView, Voice
from texts import text


def start(ctx: Context) -> Reply:
    """``argument``: which, and what was pressed: "12.agree"."""
    chosen, said = named(ctx)
    if chosen is not None:
        ctx.data["consultation"] = chosen
        return _does(ctx, said) if said else _shown(ctx)
    mine = consultation_queries.mine_now(ctx.session, member_id=ctx.person.member_id)
    if not mine:
        return Reply(text("consultation.none"))
    if len(mine) == 1:
        ctx.data["consultation"] = mine[0][0]
        return _shown(ctx)
    options = tuple(Option(text("consultation.title", number=n, summary=s), str(key)) for key, n, s in mine)
    return Reply(text("consultation.ask_which"), options, then=receive_which)


def receive_which(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    ctx.data["consultation"] = int(ctx.choice)
    return _shown(ctx)


def receive_deed(ctx: Context) -> Reply:
    """One of the options, also one that came since it was asked (a text to agree to); free words are a word to all."""
    chosen = ctx.choice or _meant(ctx)
    if chosen is None:
        return _says(ctx) if ctx.text else again()
    return _does(ctx, chosen)


def receive_words(ctx: Context) -> Reply:
    return _says(ctx) if ctx.text else again("errors.words_needed")


def receive_text(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    consultations.put_text(ctx.session, **_who(ctx), words=ctx.text, at=ctx.at, rules=ctx.rules)
    return Reply(text("consultation.text_put", words=ctx.text))


def receive_objection(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    consultations.answer_text(
        ctx.session, **_who(ctx), agree=False, words=ctx.text, at=ctx.at, rules=ctx.rules
    )
    return Reply(text("consultation.declined"))


def _does(ctx: Context, said: str) -> Reply:
    match said:
        case "join":
            consultations.join(ctx.session, **_who(ctx), at=ctx.at, rules=ctx.rules)
            return _shown(ctx)
        case "say":
            return Reply(text("consultation.ask_words"), then=receive_words)
        case "text":
            return Reply(text("consultation.ask_text"), then=receive_text)
        case "agree":
            return _agrees(ctx)
        case "disagree":
            return Reply(text("consultation.ask_objection"), then=receive_objection)
    return _shown(ctx)


def _agrees(ctx: Context) -> Reply:
    state = consultations.answer_text(
        ctx.session,
        consultation_id=ctx.data["consultation"],
        member_id=ctx.person.member_id,
        agree=True,
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(text("consultation.settled" if state is ConsultationState.AGREED else "consultation.agreed"))


def _says(ctx: Context) -> Reply:
    consultations.say(ctx.session, **_who(ctx), words=ctx.text, at=ctx.at, rules=ctx.rules)
    return _shown(ctx)


def _meant(ctx: Context) -> str | None:
    said = unended(ctx.text.strip())
    return next((each.value for each in _options(_view(ctx)) if said in (each.label, *each.also)), None)


def _view(ctx: Context) -> ConsultationView:
    return consultation_queries.view(
        ctx.session, consultation_id=ctx.data["consultation"], member_id=ctx.person.member_id, at=ctx.at
    )


def _shown(ctx: Context) -> Reply:
    seen = _view(ctx)
    names = [_name(index, voice) for index, voice in enumerate(seen.voices, start=1)]
    body = text(
        "consultation.one",
        number=seen.number,
        summary=seen.summary,
        about=seen.words,
        state=seen.state.value,
        until=day_and_time(seen.until, ctx.rules.timezone, now=ctx.at),
        resolved=seen.text,
        voices=[(name, voice) for name, voice in zip(names, seen.voices, strict=True)],
        said=[(names[who], words) for who, words in seen.said],
        me=names[seen.mine],
    )
    if seen.state not in GOING_ON:
        return Reply(body)
    return Reply(body, _options(seen), then=receive_deed)


def _options(seen: ConsultationView) -> tuple[Option, ...]:
    if not seen.voices[seen.mine].joined:
        return (option("consultation.join", "join"),)
    answered = seen.voices[seen.mine].agreed
    answers = [option("consultation.agree", "agree")] if seen.text and answered is not True else []
    if seen.text and answered is not False:
        answers.append(option("consultation.disagree", "disagree"))
    return (*answers, option("consultation.say", "say"), option("consultation.text", "text"))


def _name(index: int, voice: Voice) -> str:
    if voice.role:
        return text(f"words.holder_{voice.role}", label=voice.label)
    return text("consult.neighbour", index=index)


def _who(ctx: Context) -> dict[str, int]:
    return {"consultation_id": ctx.data["consultation"], "member_id": ctx.person.member_id}

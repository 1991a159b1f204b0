"""A pin from WeChat, which gives it on the shifted map: it lands in the grid where the person truly stands."""

from __future__ import annotations

from dataclasses import replace

from bot.platforms.wechat_parse import parse
from handlers import dispatcher
from models.base import insert_row
from models.community import Compound, Grid, GridBorder
from models.report import Report
from services import places
from tests.neighbourhood import Neighbourhood, Staff

#: The same place as it is and as WeChat gives it, half a kilometre further east; both published.
TRUE, SHIFTED = (39.911954, 116.377817), (39.91334545536069, 116.38404722455657)
BETWEEN = 116.381  # a street from north to south


def box(west: float, east: float) -> dict[str, object]:
    south, north = 39.90, 39.92
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


def wechat_location(latitude: float, longitude: float, message_id: int) -> str:
    return (
        "<xml><ToUserName>gh_zhuoluo</ToUserName><FromUserName>oWang</FromUserName><CreateTime>1772424000</CreateTime>"
        f"<MsgType>location</MsgType><Location_X>{latitude}</Location_X><Location_Y>{longitude}</Location_Y>"
        f"<Scale>15</Scale><Label>街边</Label><MsgId>{message_id}</MsgId></xml>"
    )


def test_a_pin_on_the_shifted_map_lands_in_the_true_grid(here: Neighbourhood, staff: Staff) -> None:
    session, community = here.session, here.ids.community
    for name, compound, border in (
        ("西网格", "梧桐小区", box(116.37, BETWEEN)),
        ("东网格", "槐树小区", box(BETWEEN, 116.39)),
    ):
        grid = insert_row(session, Grid, community_id=community, name=name)
        insert_row(session, Compound, community_id=community, grid_id=grid, name=compound)
        insert_row(session, GridBorder, grid_id=grid, border=border)
    here.house = replace(here.house, gazetteer=places.gazetteer(session))
    incoming, _ = parse(wechat_location(*SHIFTED, message_id=7001))
    assert incoming is not None
    said = dispatcher.receive(session, incoming, at=here.now, house=here.house)
    assert said.outgoing.text.startswith("位置收到了：梧桐小区附近。")
    wang = here.person("oWang", platform="wechat")
    assert "【照明】梧桐小区" in wang.says("路灯坏了")
    wang.says("1")
    session.flush()
    report = session.query(Report).one()
    assert report.latitude is not None
    assert report.longitude is not None
    assert abs(report.latitude - TRUE[0]) < 1e-6
    assert abs(report.longitude - TRUE[1]) < 1e-6

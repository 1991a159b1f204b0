"""Photos come before, within or after the words, one by one or many at once."""

from __future__ import annotations

from sqlalchemy import select

from models.media import Media
from services.audit import audit
from tests.neighbourhood import SENTENCE, Neighbourhood, Person, Staff


def photos_of(wang: Person, number: str = "LN-2026-0001") -> int:
    wang.says(number)
    return len(wang.last.photos)


def test_a_photo_first_asks_for_one_sentence(here: Neighbourhood) -> None:
    wang = here.person("wang")
    assert wang.sends_photo() == "照片收到了，还可以接着发。请再用一句话说说：在哪里、什么事？"
    assert "照片 1 张" in wang.says(SENTENCE)


def test_a_photo_with_its_words_is_a_report(here: Neighbourhood) -> None:
    wang = here.person("wang")
    assert "照片 1 张" in wang.sends_photo(SENTENCE)
    wang.says("1")
    wang.says("3")
    assert photos_of(wang) == 1


def test_an_album_is_answered_once_and_nothing_of_it_is_lost(here: Neighbourhood) -> None:
    wang = here.person("wang")
    answers = [wang.sends_photo(SENTENCE), *(wang.sends_photo() for _ in range(4))]
    assert [bool(answer) for answer in answers] == [True, False, False, False, False]
    wang.says("1")
    wang.says("3")
    assert photos_of(wang) == 5


def test_an_album_without_words_is_answered_once_too(here: Neighbourhood) -> None:
    wang = here.person("wang")
    answers = [wang.sends_photo() for _ in range(5)]
    assert [bool(answer) for answer in answers] == [True, False, False, False, False]
    assert "照片 5 张" in wang.says(SENTENCE)


def test_photos_while_the_place_is_asked_belong_to_the_report(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says("楼道灯坏了")
    assert wang.sends_photo().startswith("照片收到了。\n在哪个小区？")
    assert wang.sends_photo() == ""
    assert "照片 2 张" in wang.says("1")


def test_a_photo_just_after_submitting_is_offered_to_be_added(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.says(SENTENCE)
    wang.says("1")  # and the question about the home is open
    here.passes(seconds=10)
    assert wang.sends_photo() == "照片收到了。是刚才反映的 LN-2026-0001“楼道灯坏了一个星期”的照片吗？"
    assert wang.sends_photo() == ""
    assert wang.says("是") == "已经加到 LN-2026-0001 里，承办人马上能看到。"
    here.deliver()
    assert staff.li.inbox[-1].text == "LN-2026-0001（楼道灯坏了一个星期）居民补充了照片 2 张。"
    assert len(staff.li.inbox[-1].photos) == 2
    assert photos_of(wang) == 2


def test_a_photo_of_something_else_begins_a_report_of_its_own(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.reports()
    wang.sends_photo()
    assert "请再用一句话说说" in wang.says("是另外一件事")
    assert "照片 1 张" in wang.says("西苑小区门口垃圾没清")


def test_a_photo_much_later_is_not_taken_for_the_old_matter(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.reports()
    here.passes(hours=2)
    assert "请再用一句话说说" in wang.sends_photo()


def test_no_more_than_nine_photos_belong_to_one_report(here: Neighbourhood) -> None:
    wang = here.person("wang")
    for _ in range(12):
        wang.sends_photo()
        here.passes(seconds=5)
    assert "照片 9 张" in wang.says(SENTENCE)


def test_too_many_bytes_in_a_day_are_refused_and_the_report_goes_on(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.sends_photo()
    here.session.query(Media).update({"size": here.house.rules.media_bytes_per_day})
    wang.says("楼道灯坏了")
    refused = wang.sends_photo()
    assert "照片太多了" in refused
    assert "在哪个小区？" in refused
    assert "照片 1 张" in wang.says("1")
    assert len(here.session.scalars(select(Media)).all()) == 1


def test_photos_and_a_word_about_them_are_added_in_one_go(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.reports()
    wang.says("补充")
    assert wang.sends_photo().endswith("还有就接着发。")
    assert wang.sends_photo() == ""
    assert wang.says("就是这盏灯") == "已经加到 LN-2026-0001 里，承办人马上能看到。"
    wang.says("补充")
    wang.sends_photo()
    assert wang.says("谢谢") == "好的，补充完了。有新的事请直接说。"
    here.deliver()
    assert photos_of(wang) == 3
    assert audit(here.session, at=here.now) == []


def test_a_new_matter_next_day_is_not_added_to_the_old_one(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.reports()
    wang.says("补充")
    wang.sends_photo()
    here.passes(hours=5)
    assert "【环境卫生】" in wang.says("西苑小区门口垃圾没清")

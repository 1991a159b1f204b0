"""An answer says what was done. What says nothing is sent back; no real answer is, however short."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understanding.substance import says_something

HOLLOW = """
已处理
已处理。
处理了
已经处理完毕
问题已处理
您反映的问题已处理
您反映的情况我们已经处理了，感谢您的支持！
已解决
解决了
已经解决
已妥善解决
问题已得到妥善解决，谢谢理解
已办理
办好了
办完了
已办结
办妥了
弄好了
搞定
搞定了！
好了
好的
好的好的
行了
可以了
收到
收到，谢谢
知道了
知道啦
了解
明白了
ok
OK了
嗯嗯
没问题
👍
1
。。。已处理。。。
正在处理
正在处理中
正在办理，请耐心等待
我们会尽快处理的
尽快解决
马上处理
马上办
会尽快联系您
会及时答复您
已联系物业
已转物业
已转交物业处理
已转相关部门
已转交有关部门办理
已协调物业处理
物业已处理
物业正在处理中，请您放心
社区已安排
已安排工作人员处理
已安排专人跟进
已派单
已上报
已上报领导
已上报街道，等待回复
已核实
情况已核实
已登记
已记录
已受理
已反馈
已反馈给相关单位
已答复
已电话答复
已回复居民
已通知
已通知物业
已落实
已落实到位
已整改
已整改到位
已按要求整改完毕
已按规定处理
已依法依规处理
正在协调
正在走流程
按程序办理
后续会持续跟进
我们会持续关注
高度重视，已引起重视
加强管理
同上
如图
见照片
已阅
感谢您的反映，我们会努力改进工作
给您带来不便，敬请谅解
抱歉，请您再等等
已采取措施
无
""".strip().splitlines()

REAL = """
换了灯泡
换灯
修好了
修了
已修
修完了
已修复
已维修
水来了
来水了
通水了
有水了
来电了
通电了
灯亮了
亮了
都亮了
通了
已疏通
管子通了
不漏了
没漏了
补好了
清走了
清了
已清理
已清运
垃圾清完了
垃圾没有了
扫干净了
打扫过了
拆了
已拆除
搬走了
拖走了
挪走了
车挪走了
人走了
他们搬了
不吵了
不响了
关了
停了
装好了
已安装
装了扶手
加了两个桶
换了新的
已更换
换了门锁
换了声控开关，灯亮了
焊上了
固定好了
井盖盖上了
坑填平了
填了沙子
树剪了
修剪过了
打药了
灭了
火灭了
罚款了
罚了
贴了告示
立了牌子
画了线
画了车位
劝走了
劝离了
劝好了
和好了
两家和好了
谈妥了，他家晚上十点后不练琴
已批评教育
道歉了
退了
钱退了
退款300元
退了物业费
赔了
发了
发放了
办下来了低保
证办好了
通气了
暖气热了
不热的那组换了阀门
温度到20度了
恢复供水
恢复正常
正常了
能用了
可以用了
电梯能坐了
电梯修好了
锁好了
开了
门开了
门能关上了
消杀了
检查过没漏气
看了，是声控头坏
上门看过，管子没坏
测过，水质没问题
明天来修
明天上午处理
周三换
下周一开工
等配件，周五到
配件到了就换
3月5日前修完
本周内清完
跟物业说好了，明天来修
已联系电力公司，今晚八点前送电
物业李师傅下午去
维修工来过
已报修电梯公司
已约燃气公司明天上门
找到漏点了
正在挖管子
正在抢修，预计晚上十点来水
材料买了
停水到下午五点
是管道检修，下午六点来水
不归我们管，请打12345
属于供电公司
没有资金
没钱修
要业主表决
办不了
管不了
不能装
装不了，消防通道不许装
太老了，要整体换
要动维修基金
过了保修期
等开春再种
冬天不能施工
到6月再看
低保要去社区大厅一楼办
去派出所补办
带身份证来办
每月15日发
早七点到晚十点
电话是8812345
在二楼202室
社区食堂11点开饭
已经安排明天上午换灯泡
您反映的楼道灯已经换好了，谢谢
物业已派电工更换整流器，现在楼道灯正常
""".strip().splitlines()


def test_there_are_enough_of_both() -> None:
    assert (len(set(HOLLOW)), len(set(REAL))) == (len(HOLLOW), len(REAL))
    assert len(HOLLOW) >= 60
    assert len(REAL) >= 120


@pytest.mark.parametrize("answer", HOLLOW)
def test_what_says_nothing_is_sent_back(answer: str) -> None:
    assert not says_something(answer)


@pytest.mark.parametrize("answer", REAL)
def test_no_real_answer_is_sent_back_however_short(answer: str) -> None:
    assert says_something(answer)


@given(st.sampled_from(REAL), st.sampled_from(HOLLOW), st.booleans())
def test_courtesy_around_a_real_answer_takes_nothing_from_it(real: str, hollow: str, first: bool) -> None:
    assert says_something(f"{hollow}，{real}" if first else f"{real}，{hollow}")


@given(st.lists(st.sampled_from([each for each in HOLLOW if each.isalpha()]), min_size=1, max_size=4))
def test_nothing_said_twice_is_still_nothing(hollow: list[str]) -> None:
    assert not says_something("，".join(hollow))


@given(st.text())
def test_any_text_is_read(answer: str) -> None:
    assert says_something(answer) in (True, False)

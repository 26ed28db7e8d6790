import pytest

from linebox.features.prompts import builtin
from linebox.features.prompts.normalise import spoken
from linebox.model.languages import Language

ZH, EN = Language.ZH, Language.EN


@pytest.mark.req("IVR-2")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        # numbers
        ("1000000", "一百万"),
        ("2个人，2位，12个，200个", "两个人，两位，十二个，二百个"),
        ("第2位，2号楼，第12届", "第二位，二号楼，第十二届"),
        ("3.14", "三点一四"),
        ("1,000,000人", "一百万人"),
        ("2-3天，3~5个工作日", "两到三天，三到五个工作日"),
        ("1/2，3:1", "二分之一，三比一"),
        ("123456789012", "幺二三四，五六七八，九零幺二"),
        # money
        ("¥12.05", "十二元零五分"),
        ("1,234.50元", "一千二百三十四元五角"),
        ("满100元减20元", "满一百元减二十元"),
        ("2元", "两元"),
        ("12.5万元，¥3万", "十二点五万元，三万元"),
        ("$5", "五美元"),
        ("0.5元，50元/月", "五角，五十元每月"),
        # dates and times
        ("2026-11-22", "二〇二六年十一月二十二日"),
        ("2026/1/2", "二〇二六年一月二日"),
        ("2026年11月22日", "二〇二六年十一月二十二日"),
        ("11月22号", "十一月二十二号"),
        ("2月2日2点", "二月二日两点"),
        ("2003年，有2年经验", "二〇〇三年，有两年经验"),
        ("9:00-18:00，周六10:30开始", "九点到十八点，周六十点三十分开始"),
        ("18:05", "十八点零五分"),
        ("会议在18:00", "会议在十八点整"),
        # telephone numbers
        ("13800138000", "幺三八，零零幺三，八零零零"),
        ("138-0013-8000", "幺三八，零零幺三，八零零零"),
        ("+86 13800138000", "幺三八，零零幺三，八零零零"),
        ("400-800-1234", "四零零，八零零，幺二三四"),
        ("010-65123456", "零幺零，六五幺二，三四五六"),
        ("(0755)82012345", "零七五五，八二零幺，二三四五"),
        ("客服95588，拨打110", "客服九五五八八，拨打幺幺零"),
        # plates, codes, names by digits
        ("京A·12345", "京 A，幺二三四五"),
        ("沪AD12345", "沪 A，D，幺二三四五"),
        ("单号SO20261122-0017", "单号S O，二零二六，幺幺二二，零零幺七"),
        ("工号1001，分机8001", "工号幺零零幺，分机八零零幺"),
        ("验证码是038291", "验证码是零三八，二九幺"),
        ("A4纸，5G，3D", "A 四纸，五 G，三 D"),
        ("iPhone15", "iPhone 十五"),
        # per cent and units
        ("优惠15%，增长12.5%", "优惠百分之十五，增长百分之十二点五"),
        ("-5℃，20kg，120km/h", "零下五摄氏度，二十公斤，一百二十公里每小时"),
        ("98.5㎡，2km，2L", "九十八点五平方米，两公里，两升"),
        # signs and letters
        ("按1，按*键，按#键，按#", "按一，按星号键，按井号键，按井号键"),
        ("VIP客户请下载APP", "V I P客户请下载app"),
        ("www.example.com", "W W W 点 example 点 com"),
        ("２０２６年１１月", "二〇二六年十一月"),
        ("您好，欢迎致电。", "您好，欢迎致电。"),
        ("", ""),
    ],
)
def test_mandarin_text_is_spelled_out(text: str, words: str) -> None:
    assert spoken(text, ZH) == words


@pytest.mark.req("IVR-2")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Press 1, then #.", "Press one, then hash."),
        ("Call 13800138000", "Call one three eight, zero zero one three, eight zero zero zero"),
        ("400-800-1234", "four zero zero, eight zero zero, one two three four"),
        ("on 2026-11-22", "on November twenty-second, twenty twenty-six"),
        ("December 3, 2005", "December third, two thousand five"),
        ("9:00-18:00", "nine A M to six P M"),
        ("9:05 PM, 8 pm", "nine oh five P M, eight P M"),
        ("open 24/7", "open twenty-four seven"),
        ("¥1,234.50", "one thousand two hundred thirty-four yuan and fifty fen"),
        ("$12.50, £1.01", "twelve dollars and fifty cents, one pound and one penny"),
        ("15%, 3.5 km", "fifteen percent, three point five kilometres"),
        ("extension 8001", "extension eight zero zero one"),
        ("SO20261122-0017", "S O, two zero two six, one one two two, zero zero one seven"),
        ("the 2nd, 21st and 30th", "the second, twenty-first and thirtieth"),
        ("VIP PIN", "V I P pin"),
        ("3-5 minutes", "three to five minutes"),
        ("in 1999", "in nineteen ninety-nine"),
        ("R&D, A4", "R and D, A four"),
        ("Thank you for calling.", "Thank you for calling."),
    ],
)
def test_english_text_is_spelled_out(text: str, words: str) -> None:
    assert spoken(text, EN) == words


@pytest.mark.parametrize("language", list(Language))
def test_no_figure_is_left_whatever_is_typed(language: Language) -> None:
    odd = [
        "2026-13-45",
        "25:99",
        "1.2.3.4",
        "00",
        "1-2-3-4",
        "9" * 40,
        "1.5.",
        "A1B2C3",
        "¥",
        "1:2:3",
        "٣",
    ]
    for text in odd:
        assert not any(c in "0123456789" for c in spoken(text, language)), text


def test_spelled_out_text_stays_as_it_is() -> None:
    for sound in builtin.sounds():
        once = spoken(sound.text, sound.language)
        assert spoken(once, sound.language) == once

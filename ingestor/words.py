"""The words of tables and remarks, in Chinese and English."""

import re
from collections.abc import Iterable
from typing import Final, Literal

from aggregations.indicators.water_means import SYMBOLS
from aggregations.standards import Mode

Language = Literal["zh", "en"]

WORDS: Final[dict[str, dict[Language, str]]] = {
    "target": {"zh": "目标", "en": "target"},
    "indicator": {"zh": "指标", "en": "indicator"},
    "scope": {"zh": "范围", "en": "scope"},
    "period": {"zh": "时段", "en": "period"},
    "value": {"zh": "数值", "en": "value"},
    "limit": {"zh": "目标值", "en": "limit"},
    "valid": {"zh": "有效/应有", "en": "valid/expected"},
    "status": {"zh": "状态", "en": "status"},
    "remarks": {"zh": "备注", "en": "remarks"},
    "unit": {"zh": "单位", "en": "unit"},
    "medium": {"zh": "要素", "en": "medium"},
    "met": {"zh": "已完成", "en": "met"},
    "on_track": {"zh": "符合进度", "en": "on track"},
    "at_risk": {"zh": "有风险", "en": "at risk"},
    "missed": {"zh": "未完成", "en": "missed"},
    "insufficient": {"zh": "数据不足", "en": "insufficient"},
    "reported": {"zh": "待填报", "en": "not reported yet"},
    "room": {"zh": "余量", "en": "room left"},
    "room_assumes": {
        "zh": "余量：假设余下时间全部有效；按目前捕获率计的余量在 JSON 中",
        "en": "room left: if all that is left becomes valid; at the capture so far in the JSON",
    },
    "chance": {"zh": "年底达标概率", "en": "chance of meeting it"},
    "in_force": {"zh": "现行标准", "en": "the editions in force"},
    "month": {"zh": "月份", "en": "month"},
    "of_month": {"zh": "当月", "en": "of the month"},
    "to_date": {"zh": "年初以来", "en": "year to date"},
    "holds": {"zh": "达到", "en": "holds"},
    "fails": {"zh": "未达到", "en": "fails"},
    "yes": {"zh": "是", "en": "yes"},
    "no": {"zh": "否", "en": "no"},
    "mark": {"zh": "? 数据不足，不作判定", "en": "? rests on too little data and decides nothing"},
    "events_kept": {"zh": "含异常事件：", "en": "with events: "},
    "events_excluded": {"zh": "剔除异常事件：", "en": "without events: "},
    "more": {"zh": "另有{}项，在 JSON 中", "en": "and {} more in the JSON"},
    "place": {"zh": "名次", "en": "place"},
    "name": {"zh": "名称", "en": "name"},
    "largest": {"zh": "首要污染物", "en": "largest"},
    "change": {"zh": "同比变化", "en": "change"},
    "points": {"zh": "个百分点", "en": "pp"},
    "flat": {"zh": "持平", "en": "flat"},
    "better": {"zh": "改善", "en": "better"},
    "worse": {"zh": "变差", "en": "worse"},
    "before_is_0": {"zh": "{} 为0，不计变化率", "en": "{} is 0: no percentage"},
    "of_period": {"zh": "{}：{}", "en": "{}: {}"},
    "editions_differ": {
        "zh": "两个时段执行的标准不同；--mode all_2012、all_2026 或 all_2031 统一口径",
        "en": "the periods are judged by different editions; --mode all_2012, all_2026 or all_2031 judges both alike",
    },
    "attains": {"zh": "各项均达标，不列入变差名单", "en": "attains in every item: not among the worsening"},
    "unread": {"zh": "未经原文核实的规则：", "en": "rules that were recalled, not read:"},
    "no_place": {"zh": "没有符合条件的名次", "en": "none has such a place"},
    "year": {"zh": "年份", "en": "year"},
    "coefficient": {
        "zh": "Spearman秩相关系数 {}（{}年）；临界值 {}（0.05）、{}（0.01）",
        "en": "Spearman's rank correlation {} over {} years; critical values {} (0.05), {} (0.01)",
    },
    "left_out": {"zh": "数据不足、未参与的年份：{}", "en": "years left out for too little data: {}"},
    "falling": {"zh": "结论：显著下降", "en": "verdict: falling, significantly"},
    "rising": {"zh": "结论：显著上升", "en": "verdict: rising, significantly"},
    "none": {"zh": "结论：无显著变化趋势", "en": "verdict: no significant trend"},
    "unknown": {
        "zh": "结论：未知，标准未给出该年数的临界值",
        "en": "verdict: unknown, the standard has no critical value for so many years",
    },
    "of_hand": {"zh": "手工{}", "en": "{} manual"},
    "hand_all": {"zh": "各月均为手工监测", "en": "all months manual"},
    "hand_months": {"zh": "手工监测的月份：{}", "en": "manual in {}"},
    "below": {"zh": "低于检出限{}个", "en": "{} below the detection limit"},
    "suspect": {
        "zh": "疑似单位错误（相差1000倍）、仍计入{}个：{}",
        "en": "{} with a probable unit mistake (factor 1000), and counted: {}",
    },
    "not_judged": {"zh": "非特征指标，不参评", "en": "not one of its own items: not judged"},
    "spring": {"zh": "春季", "en": "spring"},
    "summer": {"zh": "夏季", "en": "summer"},
    "autumn": {"zh": "秋季", "en": "autumn"},
    "lacking": {"zh": "有效日不足的月份：{}", "en": "months with too few days: {}"},
    "sampled": {"zh": "最近采样 {}，每{}天一次", "en": "last sample {}, one every {} days"},
    "never": {"zh": "无", "en": "none"},
    "half": {"zh": "（低于检出限，按其一半）", "en": " (half the detection limit)"},
    "note": {"zh": "说明", "en": "note"},
    "headline": {"zh": "默认列出", "en": "by default"},
    "audited": {"zh": "已审核", "en": "audited"},
    "unaudited": {"zh": "未审核", "en": "unaudited"},
    "partly": {"zh": "部分已审核", "en": "partly audited"},
    "air": {"zh": "空气", "en": "air"},
    "water": {"zh": "地表水", "en": "water"},
    "noise": {"zh": "噪声", "en": "noise"},
}

MODES: Final[dict[Mode, dict[Language, str]]] = {
    "by_date": {"zh": "各日按当日施行的标准", "en": "each day by the editions in force"},
    "all_2012": {"zh": "统一按2012版标准", "en": "all days by the editions of 2012"},
    "all_2026": {"zh": "统一按2026版标准（过渡期限值）", "en": "all days by the editions of 2026, transitional"},
    "all_2031": {"zh": "统一按2031年起的限值", "en": "all days by the limits from 2031 on"},
}

UNITS: Final[dict[str, dict[Language, str]]] = {
    "1": {"zh": "", "en": ""},
    "d": {"zh": "天", "en": "d"},
    "h": {"zh": "小时", "en": "h"},
    "class": {"zh": "类", "en": "class"},
    "bodies": {"zh": "个", "en": "bodies"},
    "days": {"zh": "天", "en": "days"},
    "hours": {"zh": "小时", "en": "hours"},
    "sections": {"zh": "个断面", "en": "sections"},
    "months of sections": {"zh": "个断面月", "en": "months of sections"},
    "samples": {"zh": "次采样", "en": "samples"},
    "sources": {"zh": "个水源", "en": "sources"},
    "items": {"zh": "项", "en": "items"},
    "state": {"zh": "级", "en": "state"},
    "months": {"zh": "个月", "en": "months"},
    "days of monitors": {"zh": "点次（昼）", "en": "days of monitors"},
    "nights of monitors": {"zh": "点次（夜）", "en": "nights of monitors"},
    "point-times": {"zh": "点次", "en": "point-times"},
    "grade": {"zh": "级", "en": "grade"},
    "complaints": {"zh": "件", "en": "complaints"},
    "vehicles": {"zh": "辆", "en": "vehicles"},
    "ships": {"zh": "艘", "en": "ships"},
    "rivers": {"zh": "条", "en": "rivers"},
    "plants": {"zh": "座", "en": "plants"},
    "devices": {"zh": "台", "en": "devices"},
    "grids": {"zh": "个网格", "en": "grids"},
    "points in surveys": {"zh": "个点位（各期合计）", "en": "points in surveys"},
    "stretches of road": {"zh": "个路段", "en": "stretches of road"},
}
"""Units and what is counted, where they are not written alike in both languages."""

ITEMS: Final = {"so2": "SO2", "no2": "NO2", "co": "CO", "o3": "O3", "pm10": "PM10", "pm25": "PM2.5", "leq": "Leq"}
"""How the quantities of air and noise are written in both languages."""

WATER_ITEMS: Final = {name: zh for key, (zh, en) in SYMBOLS.items() for name in (key, en)}
"""What the items of water are called in Chinese, by key and by English name."""

WATER_CLASSES: Final = {
    "-": "无目标", "I": "Ⅰ类", "II": "Ⅱ类", "III": "Ⅲ类", "IV": "Ⅳ类", "V": "Ⅴ类", "worse than V": "劣Ⅴ类",
}  # fmt: skip
"""Classes of water, by their English names."""

_MARKS: Final = "，。、；：？！（）「」《》"
_CHINESE: Final = f"\u2e80-\u9fff{_MARKS}"
_REMARKS: Final[tuple[tuple[str, str], ...]] = (
    (r"no valid day", "无有效日"),
    (r"the period: (\d+) of at least (\d+) valid days", "整个时段有效{}天，需≥{}天"),
    (r"(\S+): (\d+) of at least (\d+) valid days", "{} 有效{}天，需≥{}天"),
    (r"(.+): not enough valid days", "{} 有效天数不足"),
    (r"(\S+): before the standards", "{} 早于标准施行"),
    (r"a moving mean is of whole years", "滑动平均须为整年"),
    (r"the edition in force has no moving mean", "现行标准不作多年滑动平均"),
    (r"(\S+) is not whole: (\d+) valid of its (\d+) days so far", "{} 未满月，有效{}/{}天"),
    (r"no valid hours", "无有效小时值"),
    (r"no valid stations", "无有效站点"),
    (r"too few valid hours", "有效小时数不足"),
    (r"too few valid hours, or no largest level", "有效小时数不足或无最大声级"),
    (r"too few valid stations", "有效站点数不足"),
    (r"no real-time index", "无实时指数"),
    (r"no target class in the register", "未登记目标类别"),
    (r"too few valid months, days or items", "有效月份、天数或项目不足"),
    (r"a month with too few valid days", "有月份有效天数不足"),
    (r"no valid night", "无有效夜间"),
    (r"the period: (\d+) of at least (\d+) valid days of monitors", "整个时段有效昼间{}点次，需≥{}点次"),
    (r"the period: (\d+) of at least (\d+) valid nights of monitors", "整个时段有效夜间{}点次，需≥{}点次"),
    (r"too few valid days, pooled all the same: (.+) \((\d+)\)", "有效昼间不足、仍计入：{}（{}个点位月）"),
    (r"too few valid nights, pooled all the same: (.+) \((\d+)\)", "有效夜间不足、仍计入：{}（{}个点位月）"),
    (r"(\S+): class (\S+) before (\S+), (\S+) from then on", "{0} 在{2}前为{1}类区，此后为{3}类区"),
    (r"(\S+) is not whole: up to (\S+)", "{} 未满月，截至{}"),
    (r"nothing collected", "未采集到数据"),
    (r"no monitor", "无监测点"),
    (r"no result", "无监测结果"),
    (r"no report", "未上报"),
    (r"(\S+): no report", "{} 未上报"),
    (r"not measured", "未监测"),
    (r"(\d+) of at least (\d+) grids", "网格{}个，需≥{}个"),
    (r"(\S+): (\d+) of (\d+) points", "{} 监测{}/{}个点位"),
    (r"(\S+) is not over", "{} 尚未结束"),
    (r"no edition of (\S+) in force on (\S+)", "{1} 无现行有效的标准（{0}）"),
    (r"too little data", "数据不足"),
    (r"fewer than five sections, rivers and lakes together: judge them apart", "河流、湖库合计不足5个断面，应分别评价"),
    (r"judged by shares of classes: it has a state, not a class", "按断面类别比例评价，只定水质状况，不定类别"),
    (r"no river length in the register", "未登记河长"),
    (r"no intake in the register", "未登记取水量"),
    (r"no lake or reservoir", "无湖库断面"),
    (r"no mean of (?P<items>.+)", "缺少均值：{}"),
    (r"not measured at some sources: (?P<items>.+)", "部分水源未监测：{}"),
    (r"months without a class or a target", "未定类别或无目标的月份"),
    (r"fewer samples than the guide asks for", "采样次数少于指南要求"),
    (r"no body that has to be sampled", "无须巡测的水体"),
    (r"manual: (?P<items>.+)", "手工监测：{}"),
    (r"no manual sample", "无手工样品"),
    (r"not what the figure is about", "不属本指标的评价对象"),
    (
        r"probable unit mistake \(factor 1000\), and counted: (?P<items>.+) \((\d+)\)",
        "疑似单位错误（相差1000倍）、仍计入：{}（{}个）",
    ),
    (
        r"(\S+): target (?P<class_before>\S+) before (\S+), (?P<class_now>\S+) from then on",
        "{0} 目标在{2}前为{1}，此后为{3}",
    ),
    (r"no drinking-water source in the register", "未登记饮用水水源"),
    (r"no sample in a survey", "有监测期未采样"),
    (r"a required item is missing", "缺少必测项目"),
    (r"no sea area in the register", "未登记海域面积"),
    (r"no sea area in the register: by number of points", "未登记海域面积，按点位数计"),
    (r"by number of points, as before (\S+)", "{}以前按点位数计"),
    (r"no point of the sea in the register", "未登记海域点位"),
    (r"no survey of the sea in the period", "时段内无海域监测期"),
    (r"spring (\d+): no sample", "{}年春季未采样"),
    (r"summer (\d+): no sample", "{}年夏季未采样"),
    (r"autumn (\d+): no sample", "{}年秋季未采样"),
    (r"not measured at some points: (?P<items>.+)", "部分点位未监测：{}"),
    (
        r"no day of treatment in the register, by their first clean month: (\d+)",
        "未登记治理完成日期、按首个不黑臭月份计：{}个",
    ),
    (r"no class: (.+)", "不定类别的断面：{}"),
    (r"(\S+): no mean of its own items (?P<items>.+)", "{} 缺少特征指标均值：{}"),
    (r"treatment not completed: (\d+)", "未完成治理：{}个"),
    (r"no body whose treatment was completed", "无已完成治理的水体"),
    (r"published", "首次发布"),
    (r"derived anew", "重新计算"),
    (
        r"register, checks, events, other configuration or the version of qingjing changed",
        "站点名录、审核规则、事件等配置或软件版本有变更",
    ),
    (r"standard changed: (.+)", "标准有变更：{}"),
    (r"review by (.+)", "数据审核：{}"),
    (r"a month without a class ends a run: (\d+)", "未定类别的月份使连续中断：{}个"),
    (r"all its months were locked", "所含月份均已审核锁定"),
    (r"month unlocked: (\S+) by (.+)", "{}解除锁定：{}"),
    (r"late readings for (\d+) days? at (\d+) stations?", "{1}个站点{0}天的数据迟到"),
    (r"no station registered", "无登记站点"),
    (r"(\d+) of (\d+) that the plan speaks of are listed", "计划所指{1}个，已列入{0}个"),
    (r"no earlier year with enough data", "无数据足够的往年可参照"),
    (r"the year is over", "全年已结束"),
    (r"the year is over with too little data", "全年已结束，数据不足"),
    (r"no outlook of this indicator", "该指标不作预估"),
    (r"no valid data so far", "今年尚无有效数据"),
    (r"the plan names no number", "计划未定目标值"),
    (r"no final value can be formed", "无法形成全年值"),
    (r"a reported figure: no sensor gives it", "上报指标，非监测数据"),
    (r"the year cannot have enough valid days any more", "全年有效天数已不可能达到要求"),
    (r"sections or months of them have too little data", "部分断面或月份数据不足"),
    (r"no hours of late", "最近几小时无数据"),
    (r"too few earlier days with hours: (\d+) of at least (\d+)", "可参照的往日过少：{}天，需≥{}天"),
    (r"too few hours of the day for an index", "当日小时数不足，无法评价"),
    (r"several lakes together, each to be judged apart: (\d+)", "含{}个湖库，应分湖库评价"),
)
"""What figures say in English, as patterns, and in Chinese; `items` are items of water, `class_...` a class."""

_STRAY: Final = re.compile(rf"(?<=[{_CHINESE}]) +(?=[{_CHINESE}])|(?<=[{_MARKS}]) +| +(?=[{_MARKS}])")
_PATTERNS: Final = tuple((re.compile(pattern), zh) for pattern, zh in _REMARKS)


def word(key: str, language: Language) -> str:
    """Return a word of the tables in a language."""
    return WORDS[key][language]


def unit(text: str, language: Language) -> str:
    """Return a unit, or what is counted, as it is printed; that of pure numbers is empty."""
    return UNITS[text][language] if text in UNITS else text


def remark(text: str, language: Language) -> str:
    """Return what a figure says of itself in a language; in English where it says what is not in the table."""
    if language == "zh":
        for pattern, zh in _PATTERNS:
            if found := pattern.fullmatch(text):
                named = {number: name for name, number in pattern.groupindex.items()}
                groups = [_in_chinese(named.get(n, ""), each) for n, each in enumerate(found.groups(), 1)]
                return tidy(zh.format(*groups))
    return text


def _in_chinese(kind: str, text: str) -> str:
    """What a group of a pattern holds: items of water joined by commas, a class of water, or anything else."""
    if kind == "items":
        return "、".join(WATER_ITEMS.get(item, item) for item in text.split(", "))
    return WATER_CLASSES.get(text, text) if kind.startswith("class_") else text


def tidy(text: str) -> str:
    """Return a Chinese text without blanks beside Chinese characters' own punctuation and between two of them."""
    return _STRAY.sub("", text)


def remarks_of(texts: Iterable[str], language: Language) -> list[str]:
    """Return several remarks in a language; what is said of several items is said once."""
    together: dict[str, list[str]] = {}
    for text in texts:
        head, colon, rest = text.partition(": ")
        item = ITEMS.get(head)
        together.setdefault(colon + rest if item else text, []).append(item or "")
    comma = "、" if language == "zh" else ", "
    return [remark((comma.join(items) if items[0] else "") + text, language) for text, items in together.items()]


def joined(parts: Iterable[str], language: Language) -> str:
    """Return parts of a remark as one."""
    return ("；" if language == "zh" else "; ").join(parts)

"""The words of the board's pages, in Chinese and English."""

from typing import Final

from ingestor.words import WORDS, Language

TEXTS: Final[dict[str, dict[Language, str]]] = {
    "board": {"zh": "清静", "en": "qingjing"},
    "wall": {"zh": "大屏", "en": "Wall"},
    "plan": {"zh": "目标", "en": "Plan"},
    "stations": {"zh": "站点", "en": "Stations"},
    "notices": {"zh": "通知", "en": "Notices"},
    "bulletins": {"zh": "通报", "en": "Bulletins"},
    "explain": {"zh": "指标说明", "en": "Why this figure"},
    "other": {"zh": "English", "en": "中文"},
    "skip": {"zh": "跳到正文", "en": "Skip to the content"},
    "close": {"zh": "关闭", "en": "Close"},
    "full_screen": {"zh": "全屏", "en": "Full screen"},
    "as_of": {"zh": "数据截至 {}", "en": "as of {}"},
    "now": {"zh": "显示时刻 {}", "en": "shown at {}"},
    "away": {"zh": "数据库暂时无法读取，以下为最后已知的数据：", "en": "The store is away. What was known last:"},
    "away_nothing": {
        "zh": "数据库暂时无法读取，尚无已知数据；恢复后自动显示。",
        "en": "The store is away and nothing is known yet; this page fills itself once it is back.",
    },
    "offline": {
        "zh": "与服务的连接已中断，数值可能已过时；正在重新连接。",
        "en": "The connection to the service is lost: figures may be old; trying again.",
    },
    "air_now": {"zh": "当前空气质量指数", "en": "Air quality now"},
    "hour": {"zh": "{} 时", "en": "hour from {}:00"},
    "primary": {"zh": "首要污染物：{}", "en": "primary: {}"},
    "chance": {"zh": "今日为优良天的概率", "en": "Chance of a good day"},
    "chance_of": {"zh": "{} 的概率", "en": "of {}"},
    "no_chance": {"zh": "不给出概率", "en": "no chance is given"},
    "no_air": {"zh": "无实时指数", "en": "no index"},
    "audit": {"zh": "数据{}", "en": "figures: {}"},
    "counted": {"zh": "目标完成情况", "en": "Targets"},
    "worry": {"zh": "未完成或有风险", "en": "Missed or at risk"},
    "no_worry": {"zh": "无", "en": "none"},
    "arriving": {"zh": "数据接收", "en": "Readings"},
    "sending": {"zh": "{}/{} 站有数据", "en": "{} of {} stations"},
    "silent": {"zh": "静默 {}", "en": "{} silent"},
    "late": {"zh": "迟到 {}", "en": "{} late"},
    "newest": {"zh": "最新读数", "en": "Newest readings"},
    "no_readings": {"zh": "尚未收到数据", "en": "nothing has arrived yet"},
    "open_notices": {"zh": "未确认的通知", "en": "Notices not acknowledged"},
    "map": {"zh": "各站实时指数", "en": "Index of the stations"},
    "no_plan": {
        "zh": "没有当年或以前的计划；请将计划文件放入 config/plans/。",
        "en": "There is no plan of this year or an earlier one; config/plans/ takes them.",
    },
    "without_plan": {
        "zh": "没有{0}年的计划：以下为{1}年目标的最终结果；请将{0}年的计划文件放入 config/plans/。",
        "en": "There is no plan of {0}: targets are those of {1}, as that year ended; config/plans/ takes one of {0}.",
    },
    "turns": {"zh": "轮流显示的目标", "en": "Targets that take turns"},
    "turn": {"zh": "目标第 {}—{} 项，共 {} 项", "en": "targets {} to {} of {}"},
    "turn_back": {"zh": "上一组目标", "en": "targets before"},
    "turn_on": {"zh": "下一组目标", "en": "next targets"},
    "turn_hold": {"zh": "暂停", "en": "Pause"},
    "waits": {"zh": "正在计算，算出后自动显示……", "en": "Being computed; this page fills itself …"},
    "sections_of": {"zh": "{}断面水质类别", "en": "Sections by class, {}"},
    "attaining": {"zh": "达到水质目标 {}/{}", "en": "{} of {} reach their target class"},
    "no_bulletins": {
        "zh": "没有可出通报的城市：须有当年或以前的计划，并有登记的站点。",
        "en": "There is no city with stations and a plan of this year or an earlier one.",
    },
    "no_data": {"zh": "无数据", "en": "no data"},
    "outlook": {"zh": "年底展望", "en": "Outlook to the year's end"},
    "outlook_wait": {"zh": "正在计算展望……", "en": "Computing the outlook …"},
    "outlook_show": {"zh": "查看展望", "en": "Show the outlook"},
    "station": {"zh": "站点", "en": "station"},
    "last_reading": {"zh": "最新数据", "en": "last reading"},
    "values": {"zh": "数值", "en": "values"},
    "search": {"zh": "查找站点", "en": "Find a station"},
    "find": {"zh": "查找", "en": "Find"},
    "all_media": {"zh": "全部要素", "en": "all media"},
    "none_found": {"zh": "没有符合条件的站点。", "en": "No station fits."},
    "no_stations": {"zh": "尚未登记站点。", "en": "No station is registered."},
    "page": {"zh": "第 {}/{} 页，共 {} 站", "en": "page {} of {}, {} stations"},
    "previous": {"zh": "上一页", "en": "previous"},
    "next": {"zh": "下一页", "en": "next"},
    "last_days": {"zh": "近 {} 天", "en": "{} days"},
    "no_window": {"zh": "这段时间没有数据。", "en": "Nothing arrived in these days."},
    "missing": {"zh": "缺测", "en": "missing"},
    "figures_of": {"zh": "统计指标", "en": "Figures"},
    "level": {"zh": "级别", "en": "level"},
    "at": {"zh": "时间", "en": "at"},
    "notice": {"zh": "通知", "en": "notice"},
    "acknowledged": {"zh": "已确认：{}", "en": "acknowledged by {}"},
    "acknowledge": {"zh": "确认", "en": "Acknowledge"},
    "by": {"zh": "确认人", "en": "Your name"},
    "remark": {"zh": "处理情况", "en": "Remark"},
    "token": {"zh": "口令", "en": "Token"},
    "read_only": {
        "zh": "本页只读：settings.toml 的 board.token_file 指定口令文件后方可确认通知。",
        "en": "This board is read-only: acknowledging takes board.token_file in settings.toml.",
    },
    "no_notices": {"zh": "没有通知。", "en": "There are no notices."},
    "page_html": {"zh": "网页", "en": "page"},
    "workbook": {"zh": "工作簿", "en": "workbook"},
    "text": {"zh": "通知文本", "en": "text"},
    "bulletin_note": {
        "zh": "点击后生成，约需几秒；数据不变则直接给出。",
        "en": "Made when asked for, in some seconds, and kept until figures change.",
    },
    "wrong": {"zh": "请求有误", "en": "That cannot be shown"},
    "not_found": {"zh": "没有这个页面。", "en": "There is no such page."},
    "back": {"zh": "返回", "en": "back"},
    "ago": {"zh": "{}前", "en": "{} ago"},
    "just_now": {"zh": "刚刚", "en": "just now"},
    "s": {"zh": "{}秒", "en": "{} s"},
    "min": {"zh": "{}分钟", "en": "{} min"},
    "h": {"zh": "{}小时", "en": "{} h"},
    "d": {"zh": "{}天", "en": "{} d"},
    "empty": {
        "zh": "尚无数据：qingjing run 开始接收后，此处自动显示。",
        "en": "There are no data yet: this page fills itself once `qingjing run` has collected some.",
    },
}


def text(key: str, language: Language, *fields: object) -> str:
    """Return a text of the board, or a word of the tables."""
    return (TEXTS.get(key) or WORDS[key])[language].format(*fields)


def age(seconds: float, language: Language) -> str:
    """Return how long ago something was, in words."""
    for unit, size in (("d", 172_800), ("h", 7_200), ("min", 120)):
        if seconds >= size:
            return text(
                "ago", language, text(unit, language, int(seconds // {"d": 86_400, "h": 3600, "min": 60}[unit]))
            )
    return text("just_now", language) if seconds < 10 else text("ago", language, text("s", language, int(seconds)))

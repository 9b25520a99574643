"""What becomes of a message, as people read it."""

import datetime as dt
from typing import Any, Final

import msgspec

from ingestor.store import Arrival
from ingestor.tracing import Placed, Trace, Value
from ingestor.words import Language
from sensors import flags
from sensors.errors import printable
from sensors.reading import Reading


def outcome(arrival: Arrival, offset_s: int) -> list[str]:
    """Return a line for each reading and each refusal of a message, without those that control a terminal.

    A reading is `air sz-a01, 2020-11-21T08:00:00+08:00, 3600 s: pm25 15.1, o3 96.0 (4), co missing`: medium, station,
    start and length of the period, then values in the units of their quantities, with the flag of each that is not
    good. Times are those of `offset_s` [s]. A refusal is `code: place: expected X, got Y`.
    """
    readings = [reading_line(reading, offset_s) for reading in arrival.readings]
    return readings + [f"{refusal.code}: {printable(refusal.detail)}" for refusal in arrival.refusals]


def reading_line(reading: Reading, offset_s: int) -> str:
    """Return a reading as a line of `outcome`."""
    values = ", ".join(_value(*each) for each in reading.values)
    time = local(reading.time, offset_s)
    return f"{reading.medium} {printable(reading.station)}, {time}, {reading.period_s} s: {values}"


def local(time: float, offset_s: int) -> str:
    """Return seconds since 1970-01-01T00:00Z as a text with the offset; what no calendar has as the number."""
    try:
        return dt.datetime.fromtimestamp(time, dt.timezone(dt.timedelta(seconds=offset_s))).isoformat()
    except (ValueError, OverflowError, OSError):
        return f"{time:.0f} s since 1970"


def _value(quantity: str, value: float | None, flag: int) -> str:
    if value is None:
        return f"{quantity} missing" if flag == flags.MISSING else f"{quantity} missing ({flag})"
    return f"{quantity} {value:.15g}" if flag == flags.GOOD else f"{quantity} {value:.15g} ({flag})"


_WORDS: Final[dict[str, dict[Language, str]]] = {
    "source": {"zh": "数据源    {}，方言 {}", "en": "source    {}, dialect {}"},
    "topic": {"zh": "主题      {}{}", "en": "topic     {}{}"},
    "payload": {"zh": "报文      {:,} 字节，{}", "en": "payload   {:,} bytes, {}"},
    "record": {
        "zh": "记录 {:<4} 设备 {}，时间 {}（{}），周期 {} s{}",
        "en": "record {:<2} device {}, time {} ({}), period {} s{}",
    },
    "start": {"zh": "时段起点", "en": "start of its period"},
    "end": {"zh": "时段终点", "en": "end of its period"},
    "sampled": {"zh": "（取自数据源）", "en": " (of the source)"},
    "no_device": {"zh": "未给出", "en": "not given"},
    "placed": {"zh": "          → {} {}（{}），起于 {}", "en": "          → {} {} ({}), from {}"},
    "topic_of": {"zh": "由主题", "en": "by the topic"},
    "devices.csv": {"zh": "由 devices.csv", "en": "by devices.csv"},
    "id": {"zh": "编号相同", "en": "of the same id"},
    "no_station": {"zh": "未找到点位", "en": "no station"},
    "no_start": {"zh": "不可用", "en": "not usable"},
    "ignored": {"zh": "忽略", "en": "ignored"},
    "unknown": {"zh": "未知编码", "en": "unknown code"},
    "reading": {"zh": "读数      {}", "en": "reading   {}"},
    "ignored_whole": {
        "zh": "忽略      无测量值；数据源规定此类报文只计数、不保留",
        "en": "ignored   nothing measured; the source says to count such messages and keep none",
    },
    "refused": {"zh": "拒收      {}: {}", "en": "refused   {}: {}"},
    "do": {"zh": "          → {}", "en": "          → {}"},
}

TO_DO: Final[dict[str, dict[Language, str]]] = {
    "too_large": {"zh": "调大 sources.toml 的 max_payload_bytes", "en": "raise max_payload_bytes in sources.toml"},
    "broken_json": {
        "zh": '检查设备发送的内容；GBK 编码时设 encoding = "gb18030"',
        "en": 'look at what the device sends; of GBK: encoding = "gb18030"',
    },
    "wrong_type": {"zh": "对照方言或映射的字段", "en": "compare it with the fields of the dialect or the mapping"},
    "unknown_station": {
        "zh": "在 devices.csv 中登记设备，或在 stations/ 中登记点位",
        "en": "name the device in devices.csv, or the station in stations/",
    },
    "foreign_station": {
        "zh": "报文与主题须为同一点位或设备；网关的点位在 gateways.csv 中分配",
        "en": "payload and topic must name the same station or device; gateways.csv gives stations to gateways",
    },
    "unknown_quantity": {
        "zh": "在数据源的 codes 中对应指标，或列入 ignore",
        "en": "name the code in `codes` of the source, or in `ignore`",
    },
    "unknown_flag": {"zh": "在映射的 words 中说明该标记", "en": "say what the flag means: `words` of the mapping"},
    "naive_time": {
        "zh": "在数据源中设 zone，或让设备发送时区",
        "en": "name the `zone` in the source, or let the device send an offset",
    },
    "no_time": {
        "zh": '核对映射的 time；设备不发时间时设 without_time = "arrival"',
        "en": 'look at `time` of the mapping; of devices that send none: without_time = "arrival"',
    },
    "no_data": {
        "zh": '核对 codes 与 ignore；此类报文属正常时设 no_data = "ignore"（只计数、不保留）',
        "en": 'compare `codes` and `ignore`; where such messages are expected: no_data = "ignore"',
    },
    "broken_payload": {"zh": "核对方言；检查设备发送的内容", "en": "look at what the device sends, and at the dialect"},
    "broken_frame": {
        "zh": '检查帧；厂商变体由数据源的 hj212 接受：crc = "modbus" 或 "ignore"，length = "ignore"',
        "en": 'look at the frame; `hj212` of the source takes variants of vendors: crc = "modbus" or "ignore", '
        'length = "ignore"',
    },
    "unconfirmed": {
        "zh": "HJ 212-2025 仅接受样本已证实的部分：用 ignore_commands 或 flags 说明，或让设备按 2017 版发送",
        "en": "of HJ 212-2025 only what samples confirm is taken: let the device send by the edition of 2017, or see "
        "`flags` and `ignore_commands` of `hj212`",
    },
    "unknown_topic": {
        "zh": "在 sources.toml 中为该主题设数据源，或让设备发布到已有数据源的主题",
        "en": "let a source of sources.toml take the topic, or the device publish to one that a source takes",
    },
    "shifted_time": {
        "zh": "核对文件的时区，再以正确时区重新导入（docs/import.md）",
        "en": "look at the zone of the file and import it again with the right one (docs/import.md)",
    },
    "broken_table": {
        "zh": "修正文件的表头或内容后重新导入（docs/water-lab.md、docs/import.md）",
        "en": "mend header or rows of the file and import it again (docs/water-lab.md, docs/import.md)",
    },
    "refused_by_store": {
        "zh": "消除存储服务器拒绝的原因（见其说明，常为字段类型冲突），然后 quarantine retry",
        "en": "mend what the server of the store says, often the type of a field, then `qingjing quarantine retry`",
    },
    "internal": {
        "zh": "程序缺陷：请附报文上报；修正后 quarantine retry",
        "en": "a fault of qingjing: please report it with the payload; after the update `qingjing quarantine retry`",
    },
    "unknown_alias": {"zh": "等待设备重新上线（birth）", "en": "wait for the next birth of the device"},
    "bad_time": {
        "zh": "检查 time_format、label、period_s",
        "en": 'look at time_format, label, period_s; of no time: without_time = "arrival"',
    },
    "future_time": {"zh": "检查设备时钟和 zone", "en": "look at the clock of the device, and at `zone`"},
    "not_finite": {
        "zh": "把设备的缺测值列入 sentinels",
        "en": "name what the device sends for no value in `sentinels`",
    },
    "unknown_unit": {
        "zh": "检查报文中的单位，或在数据源的 units 中说明",
        "en": "look at the unit in the payload, or say it in `units` of the source",
    },
    "no_state": {
        "zh": "核对 ambient 中的编码与单位：气体须与气温、气压一同发送",
        "en": "look at codes and units of `ambient`: gases need temperature and pressure beside them",
    },
    "ambiguous": {
        "zh": "两个编码对应同一指标：从 codes 中去掉一个；同一键出现两次：由设备或网关改正",
        "en": "two codes are one quantity: take one out of `codes`; a key stands twice: mend the device or gateway",
    },
}
"""By code of a refusal, what to do next."""


def steps(trace: Trace, offset_s: int, language: Language) -> list[str]:
    """Return a line for each step of a payload on its way, the outcome last. Times are those of `offset_s` [s]."""

    def say(word: str, *parts: object) -> str:
        return _WORDS[word][language].format(*parts)

    captures = ", ".join(f"{name} = {printable(value)}" for name, value in trace.captures.items())
    lines = [
        say("source", trace.source, trace.dialect),
        say("topic", printable(trace.topic), f" ({captures})" if captures else ""),
        say("payload", trace.payload_bytes, trace.encoding),
    ]
    for number, step in enumerate(trace.steps, 1):
        lines.append(
            say(
                "record",
                number,
                say("no_device") if step.device is None else printable(step.device),
                local(step.time, offset_s),
                say(step.label),
                step.period_s,
                say("sampled") if step.sampled else "",
            )
        )
        lines += [_value_line(value, language) for value in step.values]
        lines += [_placed_line(placed, offset_s, language) for placed in step.placed]
    arrival = trace.arrival
    lines += [say("reading", reading_line(reading, offset_s)) for reading in arrival.readings]
    if not arrival.readings and not arrival.refusals:
        lines.append(say("ignored_whole"))
    for refusal in arrival.refusals:
        lines.append(say("refused", refusal.code, printable(refusal.detail)))
        lines.append(say("do", TO_DO[refusal.code][language]))
    return lines


def plain(trace: Trace, offset_s: int) -> dict[str, Any]:
    """Return a trace as JSON has it: times as texts with the offset `offset_s` [s], readings as objects."""
    tree: dict[str, Any] = msgspec.to_builtins(trace)
    for step in tree["steps"]:
        step["time"] = local(step["time"], offset_s)
        for placed in step["placed"]:
            placed["start"] = None if placed["start"] is None else local(placed["start"], offset_s)
    del tree["arrival"]
    whole = {
        **tree,
        "received": local(trace.arrival.received_at, offset_s),
        "readings": [
            {
                "medium": reading.medium,
                "station": reading.station,
                "time": local(reading.time, offset_s),
                "period_s": reading.period_s,
                "values": [{"quantity": key, "value": value, "flag": flag} for key, value, flag in reading.values],
            }
            for reading in trace.arrival.readings
        ],
        "refusals": [
            {
                "code": refusal.code,
                "detail": refusal.detail,
                "do": TO_DO[refusal.code]["en"],
            }
            for refusal in trace.arrival.refusals
        ],
    }
    escaped: dict[str, Any] = _escaped(whole)
    return escaped


def _escaped(tree: Any) -> Any:
    """A tree of which JSON can be written: half characters, and those that control a terminal, escaped."""
    if isinstance(tree, dict):
        return {key: _escaped(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_escaped(value) for value in tree]
    return printable(tree) if isinstance(tree, str) else tree


def _value_line(value: Value, language: Language) -> str:
    code = f"          {printable(value.code):<24}"
    if value.quantity is None:
        return f"{code} {_WORDS['ignored' if value.ignored else 'unknown'][language]}"
    unit = "" if value.source_unit is None else f" {value.source_unit}"
    times = "" if value.factor is None else f" x {value.factor:.6g}"
    return f"{code} {_value('', value.value, value.flag).strip()}{unit}{times} → {value.quantity} [{value.unit}]"


def _placed_line(placed: Placed, offset_s: int, language: Language) -> str:
    if placed.station is None:
        by, station = "", _WORDS["no_station"][language]
    else:
        by, station = _WORDS["topic_of" if placed.by == "topic" else placed.by][language], placed.station
    start = _WORDS["no_start"][language] if placed.start is None else local(placed.start, offset_s)
    if placed.station is None:
        return f"          → {placed.medium} {station}"
    return _WORDS["placed"][language].format(placed.medium, printable(station), by, start)

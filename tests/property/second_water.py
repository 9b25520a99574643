"""Evaluation of water a second time, in plain loops over fractions, written from shared/standards/water.md only.

Slow, without numpy, without anything of `aggregations`. Numbers are typed from the note.
"""

from decimal import Decimal, localcontext
from fractions import Fraction

MEANS = dict[str, Fraction | None]

TABLE = {  # 1.1; limits of I to V, evaluation decimals (section 4); in the order of table 1
    "do": ("7.5 6 5 3 2", 1), "codmn": ("2 4 6 10 15", 1), "cod": ("15 15 20 30 40", 1), "bod5": ("3 3 4 6 10", 1),
    "nh3n": ("0.15 0.5 1.0 1.5 2.0", 2), "tp": ("0.02 0.1 0.2 0.3 0.4", 3), "cu": ("0.01 1.0 1.0 1.0 1.0", 3),
    "zn": ("0.05 1.0 1.0 2.0 2.0", 3), "fluoride": ("1.0 1.0 1.0 1.5 1.5", 3), "se": ("0.01 0.01 0.01 0.02 0.02", 4),
    "arsenic": ("0.05 0.05 0.05 0.1 0.1", 4), "hg": ("0.00005 0.00005 0.0001 0.001 0.001", 5),
    "cd": ("0.001 0.005 0.005 0.005 0.01", 5), "cr6": ("0.01 0.05 0.05 0.05 0.1", 3),
    "pb": ("0.01 0.01 0.05 0.05 0.1", 3), "cn": ("0.005 0.05 0.2 0.2 0.2", 3), "vp": ("0.002 0.002 0.005 0.01 0.1", 4),
    "oil": ("0.05 0.05 0.05 0.5 1.0", 2), "las": ("0.2 0.2 0.2 0.3 0.3", 2), "sulfide": ("0.05 0.1 0.2 0.5 1.0", 3),
}  # fmt: skip
ITEMS = ("ph", *TABLE)
LAKE_TP = "0.01 0.025 0.05 0.1 0.2"
REQUIRED = ("ph", "do", "codmn", "nh3n", "tp")
METALS = ("cn", "hg", "cd", "cr6", "pb", "arsenic", "cu", "zn")
STATES = ("优", "优", "良好", "轻度污染", "中度污染", "重度污染")


def limits_of(item: str, body: str) -> list[Fraction]:
    return [Fraction(each) for each in (LAKE_TP if (item, body) == ("tp", "lake") else TABLE[item][0]).split()]


def rounded(value: Fraction, places: int) -> Fraction:
    """Half to even."""
    scaled = value * 10**places
    whole = scaled.numerator // scaled.denominator
    rest = scaled - whole
    if rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1):
        whole += 1
    return Fraction(whole, 10**places)


def keeping_a_digit(value: Fraction, places: int) -> Fraction:
    found = rounded(value, places)
    if found or not value:
        return found
    while value * 10**places < 1:
        places += 1
    return rounded(value, places)


def item_class(item: str, value: Fraction, body: str) -> int:
    if item == "ph":
        return 1 if 6 <= value <= 9 else 6
    for class_, limit in enumerate(limits_of(item, body), 1):
        if (value >= limit) if item == "do" else (value <= limit):
            return class_
    return 6


def section(means: MEANS, body: str) -> tuple[int, dict[str, int], dict[str, Fraction]]:
    """Class, classes and rounded values of the items."""
    values, classes = {}, {}
    for item in ITEMS:
        mean = means.get(item)
        if mean is not None and mean >= 0:
            values[item] = keeping_a_digit(mean, 0 if item == "ph" else TABLE[item][1])
            classes[item] = item_class(item, values[item], body)
    for item in REQUIRED:
        if item not in classes:
            return 0, classes, values
    return max(classes.values()), classes, values


def main_items(means: MEANS, body: str) -> list[tuple[str, Fraction | None, Fraction | None]]:
    """Item, exact multiple and multiple of one decimal: chosen one after the other."""
    overall, classes, values = section(means, body)
    left = [item for item in classes if classes[item] >= 4] if overall >= 4 else []
    chosen = []
    while left and len(chosen) < 3:
        best = left[0]
        for other in left[1:]:
            if goes_before(other, best, classes, values, body):
                best = other
        left.remove(best)
        exact = multiple(best, values[best], body)
        chosen.append((best, exact, None if exact is None else rounded(exact, 1)))
    return chosen


def goes_before(a: str, b: str, classes: dict[str, int], values: dict[str, Fraction], body: str) -> bool:
    if (a in METALS) != (b in METALS):
        return a in METALS
    if classes[a] != classes[b]:
        return classes[a] > classes[b]
    first, second = multiple(a, values[a], body), multiple(b, values[b], body)
    if first is None or second is None:
        return b == "ph" if first is None and second is None else second is None
    if first != second:
        return first > second
    return ITEMS.index(a) < ITEMS.index(b)


def multiple(item: str, value: Fraction, body: str) -> Fraction | None:
    return None if item in ("ph", "do") else (value - limits_of(item, body)[2]) / limits_of(item, body)[2]


def state_of_shares(counts: list[int]) -> str:
    """From the numbers of sections of the six classes."""
    n = 0
    for count in counts:
        n += count
    good, worse = Fraction(100 * (counts[0] + counts[1] + counts[2]), n), Fraction(100 * counts[5], n)
    if good >= 90:
        return "优"
    if good >= 75:
        return "良好"
    if worse < 20:
        return "轻度污染"
    return "中度污染" if worse < 40 else "重度污染"


def shares(counts: list[int]) -> list[Fraction]:
    """Shares of one decimal that add up to 100: what is cut off most gets a tenth more, one after the other."""
    n = sum(counts)
    exact = [Fraction(100 * count, n) for count in counts]
    cut = [Fraction((share * 10).numerator // (share * 10).denominator, 10) for share in exact]
    given: set[int] = set()
    while sum(cut) < 100:
        lack = {i: exact[i] - cut[i] for i in range(len(counts)) if i not in given}
        best = min(i for i in lack if lack[i] == max(lack.values()))
        cut[best] += Fraction(1, 10)
        given.add(best)
    return cut


def body_rates(sections: list[MEANS], body: str) -> list[tuple[str, int]]:
    """The three items with the most sections worse than III, with that number."""
    judged = [section(each, body) for each in sections]
    judged = [each for each in judged if each[0]]
    over = []
    for item in ITEMS:
        n = 0
        for _, classes, _ in judged:
            if classes.get(item, 0) >= 4:
                n += 1
        if n:
            over.append((item, n))
    chosen: list[tuple[str, int]] = []
    while over and len(chosen) < 3:
        best = over[0]
        for other in over:
            if other[1] > best[1]:
                best = other
        over.remove(best)
        chosen.append(best)
    return chosen


def verdict(before: tuple[Fraction, Fraction, int], now: tuple[Fraction, Fraction, int]) -> int:
    """2.6: from good share, worse share and grade of state of two periods; -2 to 2, positive is better."""
    steps = before[2] - now[2]
    by_state = 0 if steps == 0 else (1 if abs(steps) == 1 else 2) * (1 if steps > 0 else -1)
    x = (now[0] - before[0]) - (now[1] - before[1])
    by_share = 0 if abs(x) <= 10 else (1 if abs(x) <= 20 else 2) * (1 if x > 0 else -1)
    return by_state if abs(by_state) > abs(by_share) else by_share


TLI = {  # 2.5, in mg/m3, mg/L, mg/L, m, mg/L; from the quantities' units by a factor
    "chla": ("2.5", "1.086", "1", 1000), "tp": ("9.436", "1.624", "0.84", 1), "tn": ("5.453", "1.694", "0.82", 1),
    "sd": ("5.118", "-1.94", "-0.83", Fraction(1, 100)), "codmn": ("0.109", "2.661", "0.83", 1),
}  # fmt: skip


def tli(means: dict[str, Fraction]) -> Decimal:
    """By logarithms of 50 digits."""
    with localcontext() as context:
        context.prec = 50
        total, weights = Decimal(0), Decimal(0)
        for item, (a, b, r, factor) in TLI.items():
            if item in means:
                x = means[item] * factor
                one = 10 * (Decimal(a) + Decimal(b) * (Decimal(x.numerator) / Decimal(x.denominator)).ln())
                total += Decimal(r) ** 2 * one
                weights += Decimal(r) ** 2
        return total / weights


def trophic_state(index: Decimal) -> str:
    if index < 30:
        return "贫营养"
    if index <= 50:
        return "中营养"
    if index <= 60:
        return "轻度富营养"
    return "中度富营养" if index <= 70 else "重度富营养"


def cwqi(means: dict[str, Fraction], body: str) -> Fraction:
    total = Fraction(0)
    for item in ITEMS:
        value = means[item]
        if item == "ph":
            total += 7 - value if value <= 7 else (value - 7) / 2
        elif item == "do":
            total += 5 / value
        else:
            total += value / limits_of(item, body)[2]
    return total


RANGES = {
    "sd": ("below", 25, 10),
    "do": ("below", 2, Fraction(1, 5)),
    "orp": ("below", 50, -200),
    "nh3n": ("above", 8, 15),
}


def odour(indicator: str, value: Fraction) -> int:
    """0 not, 1 light, 2 heavy, in deep water."""
    side, light, heavy = RANGES[indicator]
    if side == "below":
        return 2 if value < heavy else 1 if value < light else 0
    return 2 if value > heavy else 1 if value > light else 0


def point(samples: list[dict[str, Fraction]]) -> int:
    """Grade of a point; -1 without any value."""
    at_60 = at_30 = 0
    any_at_all = any_bad = False
    for indicator in RANGES:
        n = heavy = 0
        for sample in samples:
            if indicator in sample:
                n += 1
                heavy += odour(indicator, sample[indicator]) == 2
                any_at_all = True
                any_bad = any_bad or odour(indicator, sample[indicator]) > 0
        if n and heavy * 100 >= 60 * n:
            at_60 += 1
        if n and heavy * 100 >= 30 * n:
            at_30 += 1
    if at_60 >= 1 or at_30 >= 2:
        return 2
    return (1 if any_bad else 0) if any_at_all else -1


def body_of_points(points: list[int]) -> tuple[int, list[tuple[int, int]]]:
    """Grade of the body, and the reaches between three or more heavy points."""
    known = [each for each in points if each != -1]
    reaches = []
    for first in range(len(points)):
        for last in range(first + 2, len(points)):
            inside = all(each == 2 for each in points[first : last + 1])
            longer = (first > 0 and points[first - 1] == 2) or (last + 1 < len(points) and points[last + 1] == 2)
            if inside and not longer:
                reaches.append((first, last))
    if not known:
        return -1, reaches
    heavy = len([each for each in known if each == 2])
    if heavy * 100 >= 60 * len(known):
        return 2, reaches
    return (1 if max(known) > 0 else 0), reaches


def months(classes: list[int], target: int) -> tuple[int, int, int, int]:
    """3: months at the target or better, months evaluated, longest run that failed, run at the end; 0 is no class."""
    attained = evaluated = 0
    said = ""
    for class_ in classes:
        if class_ == 0 or target == 0:
            said += "-"
            continue
        evaluated += 1
        attained += class_ <= target
        said += "+" if class_ <= target else "x"
    runs = said.replace("+", " ").replace("-", " ").split(" ")
    return attained, evaluated, max(len(run) for run in runs), len(runs[-1])


SEA = {  # 6; classes 1 to 4
    "do": "6 5 4 3", "codmn": "2 3 4 5", "bod5": "1 3 4 5", "din": "0.20 0.30 0.40 0.50",
    "po4p": "0.015 0.030 0.030 0.045", "oil": "0.05 0.05 0.30 0.50", "hg": "0.00005 0.0002 0.0002 0.0005",
    "cd": "0.001 0.005 0.010 0.010", "pb": "0.001 0.005 0.010 0.050", "cu": "0.005 0.010 0.050 0.050",
    "zn": "0.020 0.050 0.10 0.50", "arsenic": "0.020 0.030 0.050 0.050",
}  # fmt: skip


def sea_class(values: dict[str, Fraction]) -> int:
    """1 to 4, 5 worse; 0 without any item."""
    worst = 0
    for item, value in values.items():
        found = 5
        for class_ in (4, 3, 2, 1):
            if item == "ph":
                low, high = ("7.8", "8.5") if class_ <= 2 else ("6.8", "8.8")
                met = Fraction(low) <= value <= Fraction(high)
            else:
                limit = Fraction(SEA[item].split()[class_ - 1])
                met = value > limit if item == "do" else value <= limit
            found = class_ if met else found
        worst = max(worst, found)
    return worst


def sea_state(first: Fraction, good: Fraction, worst: Fraction) -> str:
    """From the shares of class 1, of 1 and 2, and of worse than 4."""
    if first >= 60 and good >= 90:
        return "优"
    if good >= 80:
        return "良好"
    if worst > 40:
        return "极差"
    return "一般" if good >= 60 and worst <= 30 else "差"

"""The report: one HTML file without scripts, with what a person has to see once a month."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from driftwatch import messages
from driftwatch.detectors import PSI_CHANGED
from driftwatch.housing import Month

_WIDTH, _HEIGHT, _MARGIN = 760, 260, 40
_FROZEN, _SERVED, _DRIFT = "#b91c1c", "#1d4ed8", "#d97706"
_STYLE = """
body { font-family: Pretendard, 'Noto Sans KR', 'Apple SD Gothic Neo', 'Malgun Gothic', sans-serif;
  max-width: 800px; margin: 2rem auto; padding: 0 1rem; color: #0f172a; background: #fff; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border: 1px solid #cbd5e1; padding: .3rem .7rem; text-align: right; }
th:first-child, td:first-child { text-align: left; }
svg { max-width: 100%; }
"""


def render(project: str, months: Mapping[str, Month], alerts: Sequence[Mapping[str, Any]]) -> str:
    """Return the report as an HTML document."""
    parts = [
        f"<!doctype html><html lang={messages.LANGUAGE}><meta charset=utf-8>",
        f"<title>{escape(project)}</title><style>{_STYLE}</style>",
        f"<h1>{escape(project)}</h1>",
        f"<h2>{messages.REPORT_HOUSING}</h2>",
        *_housing(list(months.values())),
        f"<h2>{messages.REPORT_DEMAND}</h2>",
        _table(messages.REPORT_DEMAND_COLUMNS, (_alert_row(alert) for alert in alerts)),
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _housing(months: Sequence[Month]) -> list[str]:
    if not months:
        return [f"<p>{messages.REPORT_NOTHING}</p>"]
    latest = months[-1]
    drift = ", ".join(month.month for month in months if month.is_drift) or messages.REPORT_NONE
    return [
        _chart(months),
        f"<p>{messages.REPORT_DRIFT.format(months=drift)}</p>",
        _table(messages.REPORT_STABILITY_COLUMNS, map(_stability_row, latest.stability.items())),
    ]


def _chart(months: Sequence[Month]) -> str:
    highest = max(max(month.frozen_error, month.served_error) for month in months)
    drifts = [
        f'<circle cx="{_x(i, months):.0f}" cy="{_HEIGHT - _MARGIN}" r="5" fill="{_DRIFT}"/>'
        for i, month in enumerate(months)
        if month.is_drift
    ]
    base = _HEIGHT - _MARGIN
    path = f"M{_MARGIN} {_MARGIN}V{base}H{_WIDTH - _MARGIN}"
    axis = f'<path d="{path}" fill="none" stroke="#64748b"/>'
    texts = [
        _text(_MARGIN, base + 20, months[0].month, "#334155"),
        _text(_WIDTH - 2 * _MARGIN, base + 20, months[-1].month, "#334155"),
        _text(_MARGIN, _MARGIN - 20, f"{highest:.0f}%", "#334155"),
        _text(_MARGIN + 60, _MARGIN - 20, messages.REPORT_FROZEN, _FROZEN),
        _text(_MARGIN + 240, _MARGIN - 20, messages.REPORT_SERVED, _SERVED),
        _text(_MARGIN + 460, _MARGIN - 20, messages.REPORT_MARK, _DRIFT),
    ]
    lines = [
        _line([month.frozen_error for month in months], months, highest, _FROZEN),
        _line([month.served_error for month in months], months, highest, _SERVED),
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">'
    return "\n".join([head, axis, *lines, *drifts, *texts, "</svg>"])


def _x(index: int, months: Sequence[Month]) -> float:
    return _MARGIN + index * (_WIDTH - 2 * _MARGIN) / max(len(months) - 1, 1)


def _line(values: Sequence[float], months: Sequence[Month], highest: float, color: str) -> str:
    room = _HEIGHT - 2 * _MARGIN
    points = [
        f"{_x(index, months):.1f},{_HEIGHT - _MARGIN - value / highest * room:.1f}"
        for index, value in enumerate(values)
    ]
    return f'<polyline points="{" ".join(points)}" fill="none" stroke="{color}" stroke-width="2"/>'


def _text(x: float, y: float, text: str, color: str) -> str:
    return f'<text x="{x}" y="{y}" font-size="13" fill="{color}">{escape(text)}</text>'


def _stability_row(entry: tuple[str, float]) -> list[str]:
    feature, index = entry
    verdict = messages.REPORT_CHANGED if index > PSI_CHANGED else messages.REPORT_STABLE
    return [feature, f"{index:.3f}", verdict]


def _alert_row(alert: Mapping[str, Any]) -> list[str]:
    change = f"{alert['change_percent']:+}%"
    taken = messages.REPORT_YES if alert["is_taken"] else messages.REPORT_NO
    return [alert["product"], alert["day"], messages.KINDS[alert["kind"]], change, taken]


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
    return f"<table><tr>{head}</tr>" + "".join(f"<tr>{row}</tr>" for row in body) + "</table>"

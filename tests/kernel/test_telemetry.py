"""Ids of requests, and the forms of the log."""

from __future__ import annotations

import io
import json
import logging

import pytest

from portal.kernel.telemetry.instruments import REQUESTS
from portal.kernel.telemetry.logs import FIELDS
from portal.kernel.telemetry.logs import FORMATTERS
from portal.kernel.telemetry.trace import Trace
from portal.kernel.telemetry.trace import current
from portal.kernel.telemetry.trace import trace_of
from portal.kernel.telemetry.trace import working_for

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("request_id", "traceparent", "expected"),
    [
        ("abc-1", "", Trace("abc-1")),
        ("abc-1", PARENT, Trace("abc-1", TRACE_ID)),
        ("", PARENT, Trace(TRACE_ID, TRACE_ID)),
        ("", f"cc-{TRACE_ID}-00f067aa0ba902b7-01-more", Trace(TRACE_ID, TRACE_ID)),
        ("forged\nline", PARENT, Trace(TRACE_ID, TRACE_ID)),
        ("x" * 129, PARENT, Trace(TRACE_ID, TRACE_ID)),
    ],
)
def test_who_asks_may_name_the_request(request_id: str, traceparent: str, expected: Trace) -> None:
    assert trace_of(request_id, traceparent) == expected


@pytest.mark.parametrize("traceparent", ["", "00-xyz-1-01", f"00-{'0' * 32}-00f067aa0ba902b7-01"])
def test_a_request_without_a_valid_id_gets_one(traceparent: str) -> None:
    one, other = (trace_of("", traceparent) for _ in range(2))
    assert len(one.request_id) == 32
    assert one.request_id != other.request_id
    assert one.trace_id == ""


def test_the_trace_is_that_of_the_work() -> None:
    with working_for(Trace("outer")):
        with working_for(Trace("inner")):
            assert current() == Trace("inner")
        assert current() == Trace("outer")
    assert current() is None


def logged(form: str, trace: Trace | None) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(FORMATTERS[form]())
    log = logging.getLogger("portal.told")
    log.propagate, log.handlers = False, [handler]
    log.setLevel(logging.INFO)
    try:
        raise ValueError("two\nlines")
    except ValueError:
        if trace:
            with working_for(trace):
                log.exception("it is %s\u2028", "so", extra={FIELDS: {"status": 200}})
        else:
            log.exception("it is so")
    return stream.getvalue()


def test_json_is_one_line_with_all_that_is_known() -> None:
    (line,) = logged("json", Trace("r-1", TRACE_ID)).splitlines()
    told = json.loads(line)
    assert told["message"] == "it is so\u2028"
    assert (told["request_id"], told["trace_id"], told["status"]) == ("r-1", TRACE_ID, 200)
    assert (told["level"], told["logger"]) == ("error", "portal.told")
    assert told["traceback"].endswith("ValueError: two\nlines")


def test_json_without_a_request_names_none() -> None:
    assert not {"request_id", "trace_id"} & json.loads(logged("json", None)).keys()


def test_text_ends_with_the_request() -> None:
    assert logged("text", Trace("r-1")).splitlines()[0].endswith("it is so\\u2028 [r-1]")
    assert logged("text", None).splitlines()[0].endswith("it is so")


def test_nothing_is_counted_where_nobody_asked_for_it() -> None:
    REQUESTS.add("GET", "/", "200")
    assert REQUESTS._made is None

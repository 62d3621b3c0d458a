"""Ask a server on several connections at once with wrk, which costs a fraction of a server's time.

A client written in Python answers at most about 1,800 requests a second, with one of two cores:
the faster of two servers would be measured by its client.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

#: A request: method, path, body.
Request = tuple[str, str, str | None]

_SECONDS = 2

_SCRIPT = """
sent, wrong = 0, 0
local thread
function setup(each) thread = each end
function request()
  sent = sent + 1
  local each = requests[(sent - 1) % #requests + 1]
  local headers = each[3] and {["Content-Type"] = "application/json"} or nil
  return wrk.format(each[1], each[2], headers, each[3])
end
function response(status)
  if status ~= 200 then wrong = wrong + 1 end
end
function done(summary, latency, _)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write
  io.write(string.format('{"answered": %d, "seconds": %f, "wrong": %d, "median": %f, "p99": %f}',
    summary.requests, summary.duration / 1e6, thread:get("wrong") + failed,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
"""


def _lua(text: str | None) -> str:
    return "nil" if text is None else json.dumps(text, ensure_ascii=False).replace("\\/", "/")


def load(base: str, requests: list[Request], connections: int) -> dict[str, float]:
    """Send the requests in turn for two seconds, and return requests/s, median and p99 in ms.

    A list that is longer than what is answered meanwhile makes every request another one.

    Raises:
        SystemExit: wrk is not installed, or an answer was not 200.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".lua", delete=False) as script:
        rows = (f"{{{', '.join(_lua(part) for part in each)}}}" for each in requests)
        script.write(f"requests = {{{', '.join(rows)}}}\n{_SCRIPT}")
    command = ["wrk", "--threads=1", f"--connections={connections}", f"--duration={_SECONDS}s"]
    try:
        answer = subprocess.run(
            [*command, "--timeout=30s", f"--script={script.name}", base],
            capture_output=True,
            text=True,
            check=True,
        )
    except FileNotFoundError:
        raise SystemExit("wrk is not installed: it is a package of most distributions") from None
    finally:
        Path(script.name).unlink()
    found: dict[str, float] = json.loads(answer.stdout[answer.stdout.rindex("{") :])
    if found["wrong"] or not found["answered"]:
        raise SystemExit(f"{requests[0][1]}: {found['wrong']:.0f} answers were not 200")
    return {
        "rate": found["answered"] / found["seconds"],
        "median": found["median"],
        "p99": found["p99"],
    }

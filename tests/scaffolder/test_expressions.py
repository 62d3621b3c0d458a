"""The templating language: recordings of the engines Backstage has used, and attacks.

``templating.json`` and ``expressions.jsonl`` are the project's recordings;
``probes.jsonl`` holds what nunjitsu 0.6.2, today's engine, answered to templates of
ours; the sets ``q6`` and ``f2`` of them were made by a program.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.engine import Engine
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import number_text
from portal.scaffolder.expressions.javascript import to_json
from portal.scaffolder.expressions.syntax import Delimiters
from portal.scaffolder.expressions.syntax import TemplateError
from portal.scaffolder.expressions.syntax import TemplateLimitError
from portal.scaffolder.language.extensions import FILTERS
from tests.tables import each

DATA = Path(__file__).parent / "data"
FUNCTIONS = {"always": lambda: True, "failure": lambda: False}
PROBED = {
    "n": 3,
    "f": 1.5,
    "s": "Hello World",
    "l": ["b", "a", "c"],
    "o": {"k": "v", "n": 1},
    "nul": None,
    "t": True,
    "fa": False,
    "e": "",
    "el": [],
    "eo": {},
    "people": [
        {"name": "Kim", "age": 30, "team": "a"},
        {"name": "Lee", "age": 25, "team": "b"},
        {"name": "Ann", "team": "a"},
    ],
}


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text().splitlines()]


def _engine(*, cookiecutter: bool = False, trim: bool = False, lstrip: bool = False) -> Engine:
    opening = "{{" if cookiecutter else "${{"
    return Engine(FILTERS, FUNCTIONS, Delimiters(opening, trim, lstrip), cookiecutter)


ENGINE = _engine()


def _value(source: str, context: dict[str, Any] | None = None) -> object:
    return ENGINE.value(source, context or {})


# --- recordings ---------------------------------------------------------------

TEMPLATING = json.loads((DATA / "templating.json").read_text())
EXPRESSIONS = _lines("expressions.jsonl")
COOKIECUTTER = {"cookiecutter": {"name": "n", "o": {"k": 1}, "l": [1]}}


@each(TEMPLATING["cases"], lambda case: case["template"])
def test_every_recorded_template_renders_as_in_todays_backstage(case: dict[str, Any]) -> None:
    cookiecutter, trim = bool(case.get("cookiecutterCompat")), bool(case.get("trim"))
    engine = _engine(cookiecutter=cookiecutter, trim=trim, lstrip=trim)
    context = COOKIECUTTER if cookiecutter else TEMPLATING["context"]
    try:
        method = engine.render if "render" in case else engine.json_value
        found = method(case["template"], context)
    except TemplateError as error:
        found = f"<<THROWS {error.message}>>"
    found = "<<undefined>>" if found is UNDEFINED else to_json(found)
    wanted = case.get("render", case.get("renderValue"))
    assert (found, type(found)) == (wanted, type(wanted))


@each(TEMPLATING["coercionCases"], lambda case: case["template"] or "nothing")
def test_every_recorded_text_of_a_step_is_coerced_as_in_todays_backstage(
    case: dict[str, Any],
) -> None:
    found = ENGINE.json_value(case["template"], TEMPLATING["coercionContext"])
    found = "<omitted>" if found is UNDEFINED else _shown(to_json(found))
    wanted = _shown(case["value"])
    assert (found, type(found)) == (wanted, type(wanted))


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("{# c #}{% if true %}42{% endif %}{# c #}", 42),
        ("  {%- if true -%}42{%- endif -%}  ", 42),
        ("{% raw %}{% endraw %}{% if true %}42{% endif %}", 42),
        ("{% filter upper %}{% endfilter %}", ""),
        ("{% filter upper %}${{ n }}{% endfilter %}", "3"),
        ("{% block a %}5{% endblock %}", 5),
        ("{% if true %}{% raw %}42{% endraw %}{% endif %}", 42),
        (
            '{% if true %}{"a": ${{ s }}, "b": ${{ o }}}{% endif %}',
            {"a": PROBED["s"], "b": PROBED["o"]},
        ),
        ('{% if true %}{"a": "${{ s }}"}{% endif %}', '{"a": "Hello World"}'),
        ("{% if true %}Say ${{ s }}{% endif %}", "Say Hello World"),
        ("{% if true %}[${{ nope }}]{% endif %}", []),
        ("{% if true %}${{ nul }}{% endif %}", None),
        ("{% if true %}${{ l | safe }}{% endif %}", "b,a,c"),
        ("{% if true %}{% set x %}${{ n }}{% endset %}${{ x }}{% endif %}", "3"),
        ("{% if true %}{% set x %}7{% endset %}{% endif %}", UNDEFINED),
        ("{% macro m() %}1{% endmacro %}{% call m() %}{% endcall %}", "1"),
        ("{% for k, v in o %}${{ v }}{% endfor %}", "v1"),
        ("{% if true %}{% macro m() %}4{% endmacro %}{% call m() %}{% endcall %}{% endif %}", 4),
        ("{% if true %}NaN{% endif %}", "NaN"),
        ("{% if true %}\u00a05{% endif %}", "\u00a05"),
        ("{% if true %}1e999{% endif %}", None),
        ("{% if true %}${{ 1/0 }}{% endif %}", None),
        ('{% if true %}"a\tb"{% endif %}', '"a\tb"'),
        ('{% if true %}{"b":1,"10":2,"2":3}{% endif %}', {"2": 3, "10": 2, "b": 1}),
    ],
)
def test_coercion_decodes_what_one_statement_prints(source: str, value: object) -> None:
    found = ENGINE.json_value(source, PROBED)
    assert (found if found is UNDEFINED else to_json(found)) == value


@each(EXPRESSIONS[1:], lambda probe: probe["template"])
def test_every_recorded_expression_gives_the_same_text_and_step_value(
    probe: dict[str, Any],
) -> None:
    options = probe["options"]
    engine = _engine(trim=bool(options.get("trimBlocks")), lstrip=bool(options.get("lstripBlocks")))
    context, source = EXPRESSIONS[0]["context"], probe["template"]
    wanted = probe.get("nunjitsu", probe["nunjucks"])
    if "error" in wanted:
        with pytest.raises(TemplateError) as raised:
            engine.render(source, context)
        if "nunjitsu" in probe:
            assert raised.value.message.startswith(wanted["error"][:100])
    else:
        assert engine.render(source, context) == wanted["output"]
    step_value = probe.get("step_value_nunjitsu", probe.get("step_value"))
    if step_value is not None:
        assert _step_value(engine, source, context) == step_value


def _step_value(engine: Engine, source: str, context: dict[str, Any]) -> dict[str, Any]:
    try:
        found = engine.value(source, context)
    except TemplateError:
        found = source
    return {"removed": True} if found is UNDEFINED else {"value": to_json(found)}


def _shown(value: object) -> object:
    if value is UNDEFINED:
        return "<<U>>"
    if isinstance(value, float) and not math.isfinite(value):
        return f"<<{number_text(value)}>>"
    if isinstance(value, int) and abs(value) > 2**53:
        return float(value)
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if isinstance(value, dict):
        return {key: _shown(item) for key, item in value.items()}
    return value


def _probed(probe: dict[str, Any]) -> dict[str, Any]:
    engine = Engine(
        {"pick": FILTERS["pick"]},
        FUNCTIONS,
        Delimiters(
            "{{" if probe.get("cookiecutter") else "${{",
            probe.get("trimBlocks", False),
            probe.get("lstripBlocks", False),
        ),
        probe.get("cookiecutter", False),
    )
    try:
        value = _shown(engine.value(probe["template"], PROBED))
        return {"value": value, "text": engine.render(probe["template"], PROBED)}
    except (TemplateError, TemplateLimitError) as error:
        return {"error": error.message}


def _is_equal(probe: dict[str, Any]) -> bool:
    found = _probed(probe)
    if "error" in probe:
        return "error" in found
    return found == {"value": _shown(probe["value"]), "text": probe.get("text", probe["value"])}


def test_ninety_eight_of_a_hundred_probes_of_todays_engine_are_answered_alike() -> None:
    probes = _lines("probes.jsonl")
    by_hand = [probe for probe in probes if probe["set"] in {"q1", "q2", "q3", "q4", "q5"}]
    unequal = [probe["template"] for probe in by_hand if not _is_equal(probe)]
    assert unequal == []
    at_random = [probe for probe in probes if probe["set"] in {"q6", "f2"}]
    equal = sum(map(_is_equal, at_random))
    assert equal / len(at_random) > 0.98


# --- blanks: answers of nunjitsu 0.7.0 ------------------------------------------------


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("\n  {# c #}x", "\n  x"),
        ("  {# c -#}{% raw %}{% endraw %}", "  "),
        ("\n\t{# several\nlines #}", "\n\t"),
        ("x\n  {# c #}  {% if true %}{% endif %}", "x\n    "),
        ("x\n  {% if true %}y{% endif %}", "x\ny"),
        ("x\n  {%- raw -%} y {% endraw %}\n\n z", "x y z"),
        ("{% raw %}a  {% endraw %} ${{- 1 }}", "a1"),
        ("{% raw %}a  {% endraw %}{# c #}${{- 1 }}", "a  1"),
    ],
)
def test_lstrip_blocks_strips_before_statements_only(source: str, text: str) -> None:
    assert _engine(lstrip=True).render(source, {}) == text


@pytest.mark.parametrize("capture", ["set x", "filter upper"])
def test_no_macro_is_declared_in_a_text_that_becomes_a_value(capture: str) -> None:
    name = capture.split(maxsplit=1)[0]
    source = f"{{% if false %}}{{% {capture} %}}{{% macro m() %}}{{% endmacro %}}{{% end{name} %}}"
    with pytest.raises(TemplateError, match=f"not supported inside {name} captures"):
        ENGINE.render(source + "{% endif %}", {})


def test_trim_blocks_goes_for_a_raw_block_that_trims_itself() -> None:
    assert _engine(trim=True).render("\n{%- raw -%}\n  x{% endraw %}", {}) == "  x"


# --- attacks ------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "${{ ''.__class__ }}",
        "${{ s.__class__.__mro__ }}",
        "${{ l.__init__ }}",
        "${{ range.__globals__ }}",
        "${{ cycler.__init__ }}",
        "${{ s.format }}",
        "${{ s.encode }}",
        "${{ self }}",
        "${{ lipsum }}",
        "${{ o.get }}",
        "${{ s['__class__'] }}",
    ],
)
def test_no_attribute_of_a_python_object_can_be_reached(source: str) -> None:
    assert ENGINE.value(source, PROBED) is UNDEFINED


@pytest.mark.parametrize("name", ["constructor", "prototype", "__proto__"])
def test_names_of_javascripts_machinery_are_refused_however_they_are_written(name: str) -> None:
    for source in (f"${{{{ s.{name} }}}}", f"${{{{ s['{name[:3]}' ~ '{name[3:]}'] }}}}"):
        with pytest.raises(TemplateError, match="reserved"):
            ENGINE.value(source, PROBED)


@pytest.mark.parametrize(
    "source",
    [
        "${{ 'a' | center(200000000) }}",
        "{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}",
        "{% macro m() %}${{ m() }}{% endmacro %}${{ m() }}",
        "{% set x = 'ab' %}" + "{% set x = x ~ x %}" * 40 + "${{ x }}",
        "{% set x = ['ab'] %}" + "{% set x = x.concat(x) %}" * 40 + "${{ x | join }}",
        "${{ '"
        + "a" * 40
        + "' | replace(r/(a+)+$/, 'x') ~ ('"
        + "a" * 40
        + "b' | replace(r/(a+)+$/, 'x')) }}",
        "${{ range(1e9) | length }}".replace("1e9", "1000000000"),
        "${{ " + "(" * 500 + "1" + ")" * 500 + " }}",
        "${{ " + "not " * 500 + "1 }}",
        "${{ 1" + " ~ 1" * 5000 + " }}",
        "{% if 1 %}" * 200 + "{% endif %}" * 200,
        "${{ '" + "x" * 5000 + "' | replace('', '" + "y" * 5000 + "') }}",
    ],
    ids=range(12),
)
def test_a_template_that_asks_for_too_much_is_stopped(source: str) -> None:
    with pytest.raises(TemplateLimitError):
        ENGINE.render(source, {})


def test_a_huge_power_is_infinite_at_once() -> None:
    assert _value("${{ 10 ** 10 ** 8 ~ '' }}") == "1e+80"
    assert _value("${{ 10 ** (10 ** 8) ~ '' }}") == "Infinity"


def test_a_value_that_looks_like_a_template_is_not_rendered_again() -> None:
    context = {"name": "${{ secrets.token }}{% raw %}", "secrets": {"token": "t0ken"}}
    assert ENGINE.render("x ${{ name }}", context) == "x ${{ secrets.token }}{% raw %}"


def test_an_error_names_the_place_and_shows_no_value() -> None:
    with pytest.raises(TemplateError) as raised:
        ENGINE.render("one\n  ${{ token | upper | nope }}", {"token": "t0ken"})
    message = 'Template error at line 2, column 23: Unknown template filter "nope"'
    assert raised.value.message == message


# --- what a template does to its context ---------------------------------------


def test_a_template_that_changes_an_array_changes_its_own_copy() -> None:
    context = {"list": [1, 2]}
    assert ENGINE.render("${{ list.push(3) }} ${{ list }}", context) == "3 1,2,3"
    assert context == {"list": [1, 2]}


def test_a_value_that_is_returned_shares_nothing_with_the_context() -> None:
    context = {"object": {"list": [1]}}
    found = ENGINE.value("${{ object }}", context)
    found["list"].append(2)
    assert context == {"object": {"list": [1]}}


def test_texts_are_counted_in_utf16_units_and_come_out_whole() -> None:
    context = {"text": "a👩‍💻"}
    assert ENGINE.value("${{ text.length }}", context) == 6
    assert ENGINE.value("${{ text.slice(1) }}", context) == "👩‍💻"
    assert ENGINE.value("${{ text.charAt(1) }}", context) == "\ufffd"


def test_one_budget_may_be_shared_by_many_renderings() -> None:
    budget = Budget(steps=20)
    ENGINE.render("${{ 1 + 1 }}", {}, budget)
    ENGINE.render("${{ 1 + 1 }}", {}, budget)
    with pytest.raises(TemplateLimitError):
        ENGINE.render("${{ 1 + 1 }}" * 3, {}, budget)


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("9" * 5_000 + " > 1", True),
        ('[1, 2]["1"]', 2),
        (f'[1]["{"9" * 5_000}"] is defined', False),
        (f'([{{x: 1}}] | groupby("{"9" * 5_000}")) is defined', True),
        ('([[1]] | groupby("²")) is defined', True),
    ],
)
def test_numbers_of_thousands_of_digits_are_numbers_as_in_javascript(
    source: str, wanted: object
) -> None:
    assert _value(f"${{{{ {source} }}}}") == wanted

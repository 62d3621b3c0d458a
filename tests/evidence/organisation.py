"""An organisation of services made for judging rules: true links, and the traps beside them.

Every service is a folder of files; ``truth`` names the concepts it implements, ``why`` says
what makes it a trap. ``make evidence`` prints precision and recall over all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field


@dataclass(frozen=True)
class Service:
    """A service: its files, the concepts it claims, those it implements, and its trap."""

    name: str
    files: dict[str, str]
    truth: frozenset[str] = frozenset()
    claims: frozenset[str] = frozenset()
    why: str = ""
    folder: str = ""
    without: tuple[str, ...] = field(default=())


def _package(*names: str, development: tuple[str, ...] = ()) -> str:
    runtime = ", ".join(f'"{name}": "1.0.0"' for name in names)
    tools = ", ".join(f'"{name}": "1.0.0"' for name in development)
    return f'{{"dependencies": {{{runtime}}}, "devDependencies": {{{tools}}}}}\n'


_OPOSSUM = (
    'import CircuitBreaker from "opossum";\n\n'
    "export const pay = new CircuitBreaker(call);\n\npay.fire();\n"
)
_RESILIENCE = "io.github.resilience4j.circuitbreaker.annotation.CircuitBreaker"
_BREAKER = (
    "package shop\n\n"
    f"import {_RESILIENCE}\n\n"
    '@Service\nclass Pay {{\n    {comment}@CircuitBreaker(name = "pay")\n'
    "    fun pay() {{}}\n}}\n"
)
_KAFKA_GO = (
    'package bus\n\nimport "github.com/segmentio/kafka-go"\n\n'
    "func New() *kafka.Reader {\n\treturn kafka.NewReader(kafka.ReaderConfig{})\n}\n"
)
_MAIN_GO = 'package main\n\nimport "example.org/shop/bus"\n\nfunc main() { bus.New() }\n'
_GO_MOD = "module example.org/shop\n\nrequire github.com/segmentio/kafka-go v0.4.0{comment}\n"
_POM = """<project><modelVersion>4.0.0</modelVersion>
  <parent><groupId>shop</groupId><artifactId>parent</artifactId><version>1</version>
    <relativePath>../pom.xml</relativePath></parent>
  <artifactId>orders</artifactId>
  <dependencies><dependency>
    <groupId>${kafka.group}</groupId><artifactId>spring-kafka</artifactId>
  </dependency></dependencies>
</project>
"""
_PARENT = """<project><modelVersion>4.0.0</modelVersion>
  <groupId>shop</groupId><artifactId>parent</artifactId><version>1</version>
  <properties><kafka.group>org.springframework.kafka</kafka.group></properties>
</project>
"""
_LISTENER = (
    "package shop;\n\nimport org.springframework.kafka.annotation.KafkaListener;\n\n"
    '@Component\nclass Orders {\n    @KafkaListener(topics = "orders")\n'
    "    void on(String order) {}\n}\n"
)
_OWN_BREAKER = (
    'class CircuitBreaker:\n    """Open, half open, closed."""\n\n'
    '    state = "closed"\n    failures = 0\n\n    def trip(self):\n'
    '        self.state = "half_open" if self.failures else "open"\n'
)
_CIRCUIT = frozenset({"circuit-breaker"})
_KAFKA = frozenset({"apache-kafka"})
_IDEMPOTENCY = frozenset({"idempotency"})

TRUE_LINKS = (
    Service(
        "typescript-breaker",
        {"package.json": _package("opossum"), "src/pay.ts": _OPOSSUM},
        _CIRCUIT,
        _CIRCUIT,
    ),
    Service(
        "kotlin-breaker",
        {"src/main/kotlin/Pay.kt": _BREAKER.format(comment="")},
        _CIRCUIT,
    ),
    Service(
        "csharp-breaker",
        {"Program.cs": "builder.Services.AddHttpClient<Pay>().AddStandardResilienceHandler();\n"},
        _CIRCUIT,
    ),
    Service(
        "python-breaker-of-its-own",
        {
            "app/breaker.py": _OWN_BREAKER,
            "app/main.py": "from app.breaker import CircuitBreaker\n\nCircuitBreaker().trip()\n",
        },
        _CIRCUIT,
    ),
    Service(
        "go-kafka",
        {"go.mod": _GO_MOD.format(comment=""), "bus/bus.go": _KAFKA_GO, "main.go": _MAIN_GO},
        _KAFKA,
        _KAFKA,
    ),
    Service(
        "java-kafka",
        {
            "pom.xml": _PARENT,
            "orders/pom.xml": _POM,
            "orders/src/main/java/shop/Orders.java": _LISTENER,
        },
        _KAFKA,
        why="the group of the dependency is a property of the parent",
    ),
    Service(
        "idempotent-api",
        {
            "src/app.ts": 'app.post("/pay", (req) => seen(req.headers["idempotency-key"]));\n',
            "migrations/1.sql": "create table payments (idempotency_key text unique);\n",
        },
        _IDEMPOTENCY,
    ),
    Service(
        "airflow",
        {
            "dags/sales.py": 'from airflow import DAG\n\nwith DAG("sales") as dag:\n    ...\n',
            "models/fct_sales.sql": "select 1\n",
        },
        frozenset({"etl", "data-warehouse"}),
    ),
    Service(
        "learning",
        {
            "requirements.txt": "mlflow\nevidently\nfeast\n",
            "train.py": "import mlflow\n\nmlflow.start_run()\n",
            "watch.py": (
                "from evidently.metric_preset import DataDriftPreset\n\nDataDriftPreset()\n"
            ),
            "features/feature_store.yaml": "registry: data/registry.db\nprovider: local\n",
        },
        frozenset({"mlops", "concept-drift", "feature-store"}),
    ),
    Service(
        "portal",
        {
            "backstage.json": '{"version": "1.31.0"}\n',
            "packages/backend/src/index.ts": (
                'import { createBackend } from "@backstage/backend-defaults";\n\n'
                "const backend = createBackend();\n"
                'backend.add(import("@backstage/plugin-scaffolder-backend"));\n'
            ),
            "docs/adr/0001-portal.md": "# Portal\n",
            "docs/adr/0002-plugins.md": "# Plugins\n",
        },
        frozenset({"backstage", "platform-engineering", "tech-lead"}),
    ),
)

TRAPS = (
    Service(
        "only-in-tests",
        {"package.json": _package(development=("opossum",)), "test/pay.test.ts": _OPOSSUM},
        claims=_CIRCUIT,
        why="the dependency is used by tests only",
    ),
    Service(
        "commented-out",
        {"src/main/kotlin/Pay.kt": _BREAKER.format(comment="// ")},
        why="the annotation is commented out",
    ),
    Service("vendored", {"vendor/pay.ts": _OPOSSUM}, why="a copy of somebody else's code"),
    Service("bundled", {"tools/yarn-1.22.19/lib.js": _OPOSSUM}, why="a bundled release"),
    Service(
        "skeleton",
        {"templates/a/skeleton/src/pay.ts": _OPOSSUM},
        why="the skeleton of a template",
    ),
    Service(
        "in-a-string",
        {"src/help.py": 'TEXT = """\nimport pybreaker\npybreaker.CircuitBreaker()\n"""\n'},
        why="a library named in a string",
    ),
    Service(
        "fork",
        {
            "package.json": _package("opossum-fork"),
            "src/a.ts": 'import x from "opossum-fork";\nx();\n',
        },
        why="a package of another name",
    ),
    Service(
        "lock-without-manifest",
        {"poetry.lock": '[[package]]\nname = "pybreaker"\nversion = "1.2.0"\n'},
        why="a package that is only in the lock file came with another one",
    ),
    Service(
        "declared-not-used",
        {"requirements.txt": "pybreaker\n", "app.py": "import pybreaker\n\nprint(1)\n"},
        claims=_CIRCUIT,
        why="imported and never used",
    ),
    Service(
        "never-wired",
        {"app/breaker.py": _OWN_BREAKER, "app/main.py": "print(1)\n"},
        claims=_CIRCUIT,
        why="a class of its own that nothing names",
    ),
    Service(
        "settings-only",
        {
            "src/main/resources/application.yml": (
                "resilience4j:\n  circuitbreaker:\n    instances:\n      pay: {}\n"
            ),
            "docs/adr/0001-breaker.md": "# We use a circuit breaker\n",
        },
        claims=_CIRCUIT,
        why="settings and a decision for a breaker that is never applied",
    ),
    Service(
        "indirect",
        {"go.mod": _GO_MOD.format(comment=" // indirect"), "main.go": "package main\n"},
        why="an indirect dependency",
    ),
    Service(
        "administers-only",
        {
            "app.py": (
                "from confluent_kafka.admin import AdminClient\n\nAdminClient({}).list_topics()\n"
            )
        },
        why="a client that only administers",
    ),
    Service(
        "says-the-opposite",
        {"app.properties": "enable.idempotence=false\n"},
        why="the value of the key says the opposite",
    ),
    Service(
        "short-circuit",
        {
            "plugins/skip.py": (
                "from airflow.operators.python import ShortCircuitOperator\n\n\n"
                "class Skip(ShortCircuitOperator):\n    ...\n"
            )
        },
        why="ShortCircuitOperator is no circuit breaker, a plugin no pipeline",
    ),
    Service(
        "map-layers",
        {
            "layers.py": "class FeatureStore:\n    def add(self, geometry): ...\n",
            "main.py": "from layers import FeatureStore\n\nFeatureStore().add(1)\n",
        },
        why="a class called FeatureStore",
    ),
    Service(
        "game-map",
        {"backstage.json": '{"version": "1.8", "tiledversion": "1.8.4"}\n'},
        why="a file called backstage.json that is a map of a game",
    ),
    Service(
        "habits",
        {
            "CODEOWNERS": "* @shop\n",
            "CONTRIBUTING.md": "# How\n",
            ".github/dependabot.yml": "version: 2\n",
            "docs/adr/0001-record-architecture-decisions.md": "# Record\n",
        },
        why="habits of every repository, and one record that a tool made",
    ),
    Service(
        "monorepo-neighbour",
        {
            "package.json": _package("opossum"),
            "services/pay/src/pay.ts": _OPOSSUM,
            "services/list/src/list.ts": "export const list = [];\n",
        },
        folder="services/list",
        why="the neighbour and the shared manifest of the root say nothing of this service",
    ),
    Service(
        "generated",
        {"src/client.ts": f"// Code generated by a tool. DO NOT EDIT.\n{_OPOSSUM}"},
        why="generated code",
    ),
)

#: Manifests that editors of Windows write.
UTF_16 = Service(
    "utf-16",
    {"requirements.txt": "pybreaker==1.2\n"},
    why="a manifest in UTF-16 is read",
)
SERVICES = (*TRUE_LINKS, *TRAPS)

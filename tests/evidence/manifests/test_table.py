"""Every manifest and lock: what it declares, at which line, when, and whether itself."""

from __future__ import annotations

import pytest

from portal.evidence.finding import Scope
from portal.evidence.manifests.table import reader_of

Found = tuple[str, int, str, bool]


def read(path: str, text: str, others: dict[str, str] | None = None) -> list[Found]:
    reader = reader_of(path)
    assert reader is not None
    return [
        (one.purl.to_string(), one.line, one.scope.value, one.is_direct)
        for one in reader(text, path, (others or {}).get)
    ]


RUNTIME, OPTIONAL = Scope.RUNTIME.value, Scope.OPTIONAL.value
DEVELOPMENT, TEST = Scope.DEVELOPMENT.value, Scope.TEST.value
CASES: list[tuple[str, str, list[Found]]] = [
    (
        "requirements.txt",
        "# a\n-r base.txt\nDjango_REST[x]==1.0 \\\n    --hash=sha256:0\npybreaker>=1 ; python_version>'3'\n",
        [("pkg:pypi/django-rest@1.0", 3, RUNTIME, True), ("pkg:pypi/pybreaker", 5, RUNTIME, True)],
    ),
    ("requirements-dev.txt", "ruff\n", [("pkg:pypi/ruff", 1, DEVELOPMENT, True)]),
    (
        "pyproject.toml",
        (
            '[project]\ndependencies = [\n  "kafka-python==2.0",\n]\n'
            '[project.optional-dependencies]\nextra = ["feast"]\ntests = ["evidently"]\n'
            '[dependency-groups]\nlint = ["ruff", {include-group = "x"}]\n'
        ),
        [
            ("pkg:pypi/kafka-python@2.0", 3, RUNTIME, True),
            ("pkg:pypi/feast", 6, OPTIONAL, True),
            ("pkg:pypi/evidently", 7, TEST, True),
            ("pkg:pypi/ruff", 9, DEVELOPMENT, True),
        ],
    ),
    (
        "pyproject.toml",
        (
            '[tool.poetry.dependencies]\npython = "^3.11"\nmlflow = "2.1.0"\ndvc = {version = "3", optional = true}\n'
            '[tool.poetry.group.dev.dependencies]\nruff = "*"\n'
        ),
        [
            ("pkg:pypi/mlflow@2.1.0", 3, RUNTIME, True),
            ("pkg:pypi/dvc@3", 4, OPTIONAL, True),
            ("pkg:pypi/ruff", 6, DEVELOPMENT, True),
        ],
    ),
    (
        "pylock.toml",
        '[[packages]]\nname = "feast"\nversion = "0.1"\n',
        [("pkg:pypi/feast@0.1", 2, RUNTIME, False)],
    ),
    (
        "package.json",
        (
            '{\n"dependencies": {"@nestjs/core": "1.2.3", "breaker": "npm:opossum@^8"},\n'
            '"devDependencies": {"jest": "^29"}\n}\n'
        ),
        [
            ("pkg:npm/%40nestjs/core@1.2.3", 2, RUNTIME, True),
            ("pkg:npm/opossum", 2, RUNTIME, True),
            ("pkg:npm/jest", 3, DEVELOPMENT, True),
        ],
    ),
    (
        "package-lock.json",
        '{"packages": {"": {},\n"node_modules/a/node_modules/opossum": {"version": "8.0.0", "dev": true}}}\n',
        [("pkg:npm/opossum@8.0.0", 2, DEVELOPMENT, False)],
    ),
    (
        "yarn.lock",
        '# yarn\n\n"@a/b@^1", "@a/b@^2":\n  version "2.0"\nopossum@8:\n  version "8"\n',
        [("pkg:npm/%40a/b", 3, RUNTIME, False), ("pkg:npm/opossum", 5, RUNTIME, False)],
    ),
    (
        "pnpm-lock.yaml",
        "packages:\n\n  /opossum@8.1.0:\n    dev: true\n  '@a/b@1.0.0(c@2.0.0)': {}\n",
        [
            ("pkg:npm/opossum@8.1.0", 3, RUNTIME, False),
            ("pkg:npm/%40a/b@1.0.0", 5, RUNTIME, False),
        ],
    ),
    (
        "go.mod",
        "module a\n\nrequire (\n\tgithub.com/IBM/sarama v1.43.0\n\tgolang.org/x/net v0.1.0 // indirect\n)\n",
        [
            ("pkg:golang/github.com/IBM/sarama@v1.43.0", 4, RUNTIME, True),
            ("pkg:golang/golang.org/x/net@v0.1.0", 5, RUNTIME, False),
        ],
    ),
    (
        "build.gradle.kts",
        (
            'dependencies {\n  // implementation("a:b:1")\n  implementation(platform("c.d:e:2"))\n'
            '  testImplementation("f:g")\n  implementation(libs.spring.kafka)\n}\n'
        ),
        [
            ("pkg:maven/c.d/e@2", 3, RUNTIME, True),
            ("pkg:maven/f/g", 4, TEST, True),
            ("pkg:maven/org.springframework.kafka/spring-kafka@3.1", 5, RUNTIME, True),
        ],
    ),
    (
        "gradle.lockfile",
        "# x\norg.apache.kafka:kafka-clients:3.7.0=runtimeClasspath,testRuntimeClasspath\nempty=\n",
        [("pkg:maven/org.apache.kafka/kafka-clients@3.7.0", 2, RUNTIME, False)],
    ),
    (
        "Cargo.toml",
        '[dependencies]\nrdkafka = { version = "0.36" }\n[dev-dependencies]\nmockall = "1"\n',
        [("pkg:cargo/rdkafka@0.36", 2, RUNTIME, True), ("pkg:cargo/mockall@1", 4, TEST, True)],
    ),
    (
        "Gemfile",
        'gem "ruby-kafka"\ngroup :test do\n  gem "rspec"\nend\ngem "stoplight"\n',
        [
            ("pkg:gem/ruby-kafka", 1, RUNTIME, True),
            ("pkg:gem/rspec", 3, TEST, True),
            ("pkg:gem/stoplight", 5, RUNTIME, True),
        ],
    ),
    (
        "Gemfile.lock",
        "GEM\n  specs:\n    karafka (2.0)\n    racecar (1.0)\n\nDEPENDENCIES\n  karafka\n",
        [("pkg:gem/karafka@2.0", 3, RUNTIME, True), ("pkg:gem/racecar@1.0", 4, RUNTIME, False)],
    ),
    (
        "Shop.csproj",
        (
            '<Project><ItemGroup>\n<PackageReference Include="Polly" Version="8.0.0" />\n'
            '<PackageReference Include="Tool" Version="1" PrivateAssets="all" />\n</ItemGroup></Project>\n'
        ),
        [("pkg:nuget/Polly@8.0.0", 2, RUNTIME, True), ("pkg:nuget/Tool@1", 3, DEVELOPMENT, True)],
    ),
    (
        "Directory.Packages.props",
        '<Project><ItemGroup>\n<PackageVersion Include="Polly" Version="8.0.0" />\n</ItemGroup></Project>\n',
        [("pkg:nuget/Polly@8.0.0", 2, RUNTIME, False)],
    ),
    (
        "Dockerfile",
        "FROM --platform=linux/amd64 docker.io/library/python:3.12 AS build\nFROM build\n",
        [("pkg:docker/python@3.12", 1, RUNTIME, True)],
    ),
    (
        "docker-compose.yml",
        "services:\n  bus:\n    image: ${IMAGE:-confluentinc/cp-kafka}:7.5\n",
        [("pkg:docker/confluentinc/cp-kafka@7.5", 3, RUNTIME, True)],
    ),
    (
        "Chart.yaml",
        "name: kafka\ndependencies:\n  - name: kafka\n    version: 1.2.3\n",
        [("pkg:helm/kafka@1.2.3", 3, RUNTIME, True)],
    ),
    (
        "main.tf",
        'module "m" {\n  # source = "a/b/c"\n  source = "terraform-aws-modules/msk/aws"\n}\n',
        [("pkg:terraform/terraform-aws-modules/msk/aws", 3, RUNTIME, True)],
    ),
    (
        ".github/workflows/ci.yml",
        "jobs:\n  a:\n    steps:\n      - uses: iterative/setup-dvc@v1\n",
        [("pkg:github/iterative/setup-dvc@v1", 4, DEVELOPMENT, True)],
    ),
    (
        "bom.json",
        '{"bomFormat": "CycloneDX", "components": [\n{"purl": "pkg:pypi/feast@0.1", "scope": "optional"}]}\n',
        [("pkg:pypi/feast@0.1", 2, OPTIONAL, False)],
    ),
    (
        "a.spdx.json",
        '{"packages": [{"externalRefs": [\n{"referenceType": "purl", "referenceLocator": "pkg:npm/opossum@8"}]}]}\n',
        [("pkg:npm/opossum@8", 2, RUNTIME, False)],
    ),
]
CATALOG = """[versions]
kafka = "3.1"
[libraries]
spring-kafka = { module = "org.springframework.kafka:spring-kafka", version.ref = "kafka" }
"""


@pytest.mark.parametrize(("path", "text", "found"), CASES, ids=lambda one: str(one)[:24])
def test_a_manifest_is_read(path: str, text: str, found: list[Found]) -> None:
    assert read(path, text, {"gradle/libs.versions.toml": CATALOG}) == found


PARENT = """<project><groupId>shop</groupId><version>2</version>
<properties><kafka>3.1</kafka></properties>
<dependencyManagement><dependencies><dependency><groupId>k</groupId><artifactId>managed</artifactId>
<version>${kafka}</version><scope>test</scope></dependency></dependencies></dependencyManagement></project>"""
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
<parent><groupId>shop</groupId><artifactId>p</artifactId><version>2</version></parent>
<dependencies>
<dependency><groupId>k</groupId><artifactId>managed</artifactId></dependency>
<dependency><groupId>${project.groupId}</groupId><artifactId>own</artifactId>
<version>${project.version}</version><optional>true</optional></dependency>
</dependencies></project>"""


def test_a_pom_takes_versions_scopes_and_properties_from_its_parent() -> None:
    assert read("orders/pom.xml", POM, {"pom.xml": PARENT}) == [
        ("pkg:maven/k/managed@3.1", 4, TEST, True),
        ("pkg:maven/shop/own@2", 5, OPTIONAL, True),
    ]


BOMB = (
    '<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;"><!ENTITY d SYSTEM "file:///etc/passwd">]>'
    "<project>&c;&d;</project>"
)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pom.xml", BOMB),
        ("pom.xml", "<project>"),
        ("pyproject.toml", "a = ["),
        ("package.json", "{"),
        ("package.json", "[" * 100_000),
    ],
)
def test_what_cannot_be_read_is_a_value_error(path: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(path, text)


def test_other_files_are_no_manifests() -> None:
    assert [reader_of(path) for path in ("a.py", "README.md", "requirements.md")] == [None] * 3

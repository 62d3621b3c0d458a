"""What is wrong with descriptors and their files, in Korean: see ``korean``."""

from __future__ import annotations

from collections.abc import Mapping

#: The English form, and the Korean one.
MESSAGES: Mapping[str, str] = {
    # --- descriptors, as Backstage words it
    "Policy check failed for {ref}; caused by Error: {why}": "{ref}: {why}",
    "Processor {name} threw an error while validating the entity {ref}; caused by TypeError: {why}": (
        "{ref}: {why}"
    ),
    "Processor {name} threw an error while preprocessing; caused by Error: {why}": "{why}",
    "Processor {name} threw an error while postprocessing; caused by Error: {why}": "{why}",
    "Validation of {kind} entity failed: {why}": "{why}",
    "Malformed envelope, {why}": "모든 디스크립터가 갖는 부분이 형식에 맞지 않습니다. {why}",
    "Unknown field {key}": "알 수 없는 필드: {key}",
    "No processor recognized the entity {ref} as valid, possibly caused by a foreign kind or apiVersion": (
        "{ref}: 알려진 kind와 apiVersion이 아닙니다."
    ),
    "Known kinds (mind the letter case): {kinds}.": "알려진 kind(대소문자 구분): {kinds}.",
    "A {kind} has apiVersion {versions}.": "{kind}의 apiVersion: {versions}.",
    "Entity has duplicate keys that vary only in casing, '{key}'": (
        "대소문자만 다른 키가 겹칩니다: '{key}'"
    ),
    "Entity {ref} at {place}, originated at {root}, is not of an allowed kind for that location": (
        "{ref}: {place}에서는 정의할 수 없는 종류입니다(시작한 곳: {root})."
    ),
    "The source allows: {kinds}.": "이 소스에서 정의할 수 있는 종류: {kinds}.",
    "{ref} is too large: {why}": "{ref}: 너무 큽니다. {why}",
    "Shorten it; the settings metadata_bytes and metadata_members set the limits.": (
        "줄이세요. 한도는 설정 metadata_bytes와 metadata_members로 정합니다."
    ),
    "{place} has {count} members; {limit} are allowed": (
        "{place}: 항목이 {count}개입니다. {limit}개까지 쓸 수 있습니다."
    ),
    "{place} has {count} bytes; {limit} are allowed": (
        "{place}: {count}바이트입니다. {limit}바이트까지 쓸 수 있습니다."
    ),
    '"{place}" is not valid; expected {why} but found "{value}". {more}': (
        '"{place}": 값 "{value}"이(가) 올바르지 않습니다. {why}'
    ),
    "a string that is sequences of [a-zA-Z0-9] separated by any of [-_.], at most 63 characters in total": (
        "[a-zA-Z0-9]를 [-_.]로 이은 63자 이하의 문자열이어야 합니다."
    ),
    "a string that is sequences of [a-z0-9] separated by [-], at most 63 characters in total": (
        "[a-z0-9]를 [-]로 이은 63자 이하의 문자열이어야 합니다."
    ),
    "a string that is sequences of [a-z0-9+#] separated by [-], at most 63 characters in total": (
        "[a-z0-9+#]를 [-]로 이은 63자 이하의 문자열이어야 합니다."
    ),
    "a string that is a sequence of [a-zA-Z][a-z0-9A-Z], at most 63 characters in total": (
        "[a-zA-Z][a-z0-9A-Z] 꼴의 63자 이하 문자열이어야 합니다."
    ),
    "a string that is a valid apiVersion, [<domain>/]<version>": (
        "[<domain>/]<version> 꼴의 apiVersion이어야 합니다."
    ),
    "a valid prefix and/or suffix": "접두사와 접미사가 올바른 꼴이어야 합니다.",
    "a string that is a valid url": "올바른 URL이어야 합니다.",
    "a url that is not a script": "스크립트가 아닌 URL이어야 합니다.",
    # --- schemas
    "{path} must have required property '{name}' - missingProperty: {again}": (
        "{path}: 필수 속성 '{name}'이(가) 없습니다."
    ),
    "{path} must have required property '{name}'": "{path}: 필수 속성 '{name}'이(가) 없습니다.",
    "{path} must be {why} - type: {again}": "{path}: {why} 형식이어야 합니다.",
    "{path} must be {why}": "{path}: {why} 형식이어야 합니다.",
    "{path} must be equal to one of the allowed values - allowedValues: {values}": (
        "{path}: 다음 가운데 하나여야 합니다: {values}"
    ),
    "{path} must be equal to one of the allowed values": "{path}: 정해진 값 가운데 하나여야 합니다.",
    "{path} must NOT have fewer than {least} characters - limit: {again}": (
        "{path}: {least}자 이상이어야 합니다."
    ),
    "{path} must NOT have fewer than {least} characters": "{path}: {least}자 이상이어야 합니다.",
    "{path} must NOT have more than {most} characters - limit: {again}": (
        "{path}: {most}자 이하여야 합니다."
    ),
    "{path} must NOT have more than {most} characters": "{path}: {most}자 이하여야 합니다.",
    "{path} must NOT have fewer than {least} items - limit: {again}": (
        "{path}: 항목이 {least}개 이상이어야 합니다."
    ),
    "{path} must NOT have fewer than {least} items": "{path}: 항목이 {least}개 이상이어야 합니다.",
    "{path} must NOT have fewer than {least} properties - limit: {again}": (
        "{path}: 속성이 {least}개 이상이어야 합니다."
    ),
    "{path} must NOT have fewer than {least} properties": (
        "{path}: 속성이 {least}개 이상이어야 합니다."
    ),
    "{path} must NOT have additional properties": "{path}: 정해지지 않은 속성이 있습니다.",
    "{path} must have exactly one of {names}": "{path}: 다음 가운데 하나만 있어야 합니다: {names}",
    "{path} conditions may be nested to a depth of {most}": (
        "{path}: 조건은 {most}단계까지 겹쳐 쓸 수 있습니다."
    ),
    "string": "문자열",
    "object": "객체",
    "array": "배열",
    "integer": "정수",
    "number": "숫자",
    "boolean": "참/거짓",
    # --- references
    'Entity reference "{text}" had missing or empty kind (e.g. did not start with "component:" or similar)': (
        '항목 참조 "{text}"에 kind가 없습니다(예: "component:").'
    ),
    'Entity reference "{text}" was not on the form [<kind>:][<namespace>/]<name>': (
        '항목 참조 "{text}"이(가) [<kind>:][<namespace>/]<name> 꼴이 아닙니다.'
    ),
    'Entity reference "{text}" has more than {most} characters': (
        '항목 참조 "{text}"이(가) {most}자를 넘습니다.'
    ),
    "Write [kind:][namespace/]name.": "[kind:][namespace/]name으로 쓰세요.",
    # --- placeholders
    "Placeholders read files of the same repository and commit.": (
        "자리표시자는 같은 저장소, 같은 커밋의 파일만 읽습니다."
    ),
    "Placeholder {key} expected a string value parameter, in the form of an absolute URL or a relative path": (
        "{key}의 값은 절대 URL이나 상대 경로인 문자열이어야 합니다."
    ),
    "Placeholder {key} could not read location {target}, {why}": (
        "{key}: {target}을(를) 읽을 수 없습니다. {why}"
    ),
    "{name}Error: {why}": "{why}",
    "Error: {why}": "{why}",
    "Placeholder may only reference files from the same repository as the entity": (
        "항목과 같은 저장소의 파일만 가리킬 수 있습니다."
    ),
    "the placeholders of one file bring in more than {most} bytes": (
        "한 파일의 자리표시자가 가져오는 내용이 {most}바이트를 넘습니다."
    ),
    "{path} is not UTF-8 (byte {at} is none of a character)": (
        "{path}은(는) UTF-8이 아닙니다({at}번째 바이트가 글자가 아닙니다)."
    ),
    "Save {path} as UTF-8.": "{path}을(를) UTF-8로 저장하세요.",
    "Keep {path} in the repository itself (.gitattributes).": (
        "{path}을(를) 저장소 자체에 두세요(.gitattributes)."
    ),
    "the references expand to too much": "참조를 펼치면 너무 커집니다.",
    "$ref {target} leads to another host": "$ref {target}이(가) 다른 호스트를 가리킵니다.",
    "$ref goes round in a circle: {ring}": "$ref가 돌아서 제자리로 옵니다: {ring}",
    "$ref {place} names nothing": "$ref {place}이(가) 가리키는 것이 없습니다.",
    # --- files
    "{path} is kept in Git LFS, which is not read": (
        "{path}은(는) Git LFS에 있습니다. 포털은 Git LFS를 읽지 않습니다."
    ),
    "Keep descriptors in the repository itself (.gitattributes).": (
        "디스크립터는 저장소 자체에 두세요(.gitattributes)."
    ),
    "file {path} has {count} bytes, more than the {most} that are read": (
        "파일 {path}: {count}바이트로, 읽을 수 있는 {most}바이트를 넘습니다."
    ),
    "file {path} does not exist": "파일 {path}이(가) 없습니다.",
    "file {path} is a symbolic link": "파일 {path}은(는) 심볼릭 링크입니다.",
    "file {path} is left out: {why}": "파일 {path}을(를) 읽지 않습니다. {why}",
    "it is a symbolic link, which is not followed": "심볼릭 링크이며, 따라가지 않습니다.",
    "its name is not UTF-8: rename it": "이름이 UTF-8이 아닙니다. 이름을 바꾸세요.",
    "its path has more than {most} bytes": "경로가 {most}바이트를 넘습니다.",
    "Only regular files are read.": "일반 파일만 읽습니다.",
    "the object of {path} cannot be read": "{path}의 Git 객체를 읽을 수 없습니다.",
    "the object of {path} is damaged": "{path}의 Git 객체가 손상되었습니다.",
    "the file cannot be processed ({name})": "파일을 처리할 수 없습니다({name}).",
    "'{target}' points outside of the repository": "'{target}'이(가) 저장소 밖을 가리킵니다.",
    # --- Locations and sources
    "Unable to read url, no matching files found for {target}": (
        "{target}에 해당하는 파일이 없습니다."
    ),
    "Unable to read url, {why}": "읽을 수 없습니다. {why}",
    "Correct the target, or set presence: optional.": (
        "target을 고치거나 presence: optional로 두세요."
    ),
    "it is not in this repository; add its repository as a source": (
        "이 저장소에 없습니다. 그 저장소를 소스로 추가하세요."
    ),
    "Reading from '{address}' is not allowed. {more}": (
        "'{address}'은(는) 읽을 수 없는 주소입니다. git 저장소에 있는 파일의 주소인지, 허용된 호스트인지 확인하세요."
    ),
    "Locations are nested more than {most} deep": "Location이 {most}단계보다 깊게 이어집니다.",
    "the source has more than {why}; the rest is not read": (
        "소스의 한도를 넘습니다({why}). 나머지는 읽지 않습니다."
    ),
    "{most} descriptor files": "디스크립터 파일 {most}개",
    "{most} ways to a descriptor file": "디스크립터 파일로 가는 길 {most}개",
    "the source has too many globs for its number of files": (
        "소스의 파일 수에 비해 글롭이 너무 많습니다."
    ),
    "Narrow the targets, or split the source.": "targets를 좁히거나 소스를 나누세요.",
    "{ref} is defined again at {place}, which is ignored": (
        "{ref}: {place}에서 다시 정의합니다. 그쪽은 무시합니다."
    ),
    "{ref} is already defined at {path} of source {source}, which keeps it": (
        "{ref}: 이미 소스 {source}의 {path}에서 정의합니다. 그쪽을 씁니다."
    ),
    "{ref} is already defined at {place}, which keeps it": (
        "{ref}: 이미 {place}에서 정의합니다. 그쪽을 씁니다."
    ),
    "Remove or rename one of the two.": "둘 가운데 하나를 지우거나 이름을 바꾸세요.",
    # --- YAML
    "YAML error at {path}, {why}": "{path}: YAML 오류. {why}",
    "Expected object at root, got {kind}": "맨 위는 객체여야 하는데 {kind}입니다.",
    "A descriptor begins with apiVersion, kind and metadata.": (
        "디스크립터는 apiVersion, kind, metadata로 시작합니다."
    ),
    "nested more than {most} levels deep": "{most}단계보다 깊게 겹쳐 있습니다.",
    "the file has too many documents": "파일에 문서가 너무 많습니다.",
    "the file has too many values": "파일에 값이 너무 많습니다.",
    "aliases expand to too much": "별칭을 펼치면 너무 커집니다.",
    "Write the values out.": "값을 그대로 쓰세요.",
    "the file has {count} bytes, more than the {most} allowed": (
        "파일이 {count}바이트로, 허용된 {most}바이트를 넘습니다."
    ),
    "Split it into several files and list them as targets of a Location.": (
        "여러 파일로 나누고 Location의 targets에 적으세요."
    ),
    "the file is not UTF-8 text": "파일이 UTF-8 텍스트가 아닙니다.",
    "Save it as UTF-8.": "UTF-8로 저장하세요.",
    "line {line}, column {column}: {why}": "{line}번째 줄 {column}번째 열: {why}",
    "line {line}: a single YAML document is expected": "{line}번째 줄: YAML 문서가 하나여야 합니다.",
    "the document cannot be read ({reason})": "문서를 읽을 수 없습니다({reason}).",
    "Check indentation, quotes and colons around this line.": (
        "이 줄 앞뒤의 들여쓰기, 따옴표, 콜론을 확인하세요."
    ),
    "text holds the control character {name}": "제어 문자 {name}이(가) 들어 있습니다.",
    "Remove it, or write it as an escape in double quotes.": (
        "지우거나, 큰따옴표 안에 이스케이프로 쓰세요."
    ),
    "a key must be a string": "키는 문자열이어야 합니다.",
    "Put the key in quotes.": "키를 따옴표로 감싸세요.",
    "Put it in quotes.": "따옴표로 감싸세요.",
    "tag '{tag}' is not allowed": "태그 '{tag}'은(는) 쓸 수 없습니다.",
    "text holds half of a surrogate pair": "서로게이트 쌍의 반쪽이 들어 있습니다.",
    "the text holds half of a surrogate pair": "서로게이트 쌍의 반쪽이 들어 있습니다.",
    "text holds a NUL character": "NUL 문자가 들어 있습니다.",
    "the text holds a NUL character": "NUL 문자가 들어 있습니다.",
    "'{text}' is not a JSON number": "'{text}'은(는) JSON의 숫자가 아닙니다.",
    "{text} is not a JSON number": "{text}은(는) JSON의 숫자가 아닙니다.",
    "the number is too large": "숫자가 너무 큽니다.",
    "a number of {count} digits is too long": "{count}자리 숫자는 너무 깁니다.",
    "alias '*{name}' has no finished anchor": "별칭 '*{name}'의 앵커가 없거나 아직 끝나지 않았습니다.",
    "key '{key}' stands twice in the same mapping": "키 '{key}'이(가) 한 매핑에 두 번 있습니다.",
    "Remove one of them.": "하나를 지우세요.",
}

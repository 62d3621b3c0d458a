"""Texts of the pages of sources, of problems, and of updates of projects."""

from __future__ import annotations

from collections.abc import Mapping

#: Korean, English. ``{name}`` is filled in by the page.
TEXTS: Mapping[str, tuple[str, str]] = {
    "sources": ("소스", "Sources"),
    "sources.lead": (
        "내용을 읽어 오는 저장소와 그 상태입니다.",
        "The repositories that the content is read from, and how each is doing.",
    ),
    "sources.none": ("아직 읽은 소스가 없습니다.", "No source has been read yet."),
    "sources.state.current": ("최신", "Up to date"),
    "sources.state.failing": ("읽지 못함", "Cannot be read"),
    "sources.state.held": ("확인 대기", "Waits to be confirmed"),
    "sources.state.unread": ("아직 읽지 않음", "Not read yet"),
    "sources.commit": ("커밋", "Commit"),
    "sources.readAt": ("내용이 바뀐 때", "Content read"),
    "sources.checkedAt": ("마지막 확인", "Last look"),
    "sources.next": ("다음 확인", "Next look"),
    "sources.error": ("마지막 오류", "Last error"),
    "sources.since": ("{since}부터", "since {since}"),
    "sources.held": (
        "커밋 {commit}이 {removals}개를 삭제하려 해서 확인을 기다립니다. portal sync --confirm으로 확인합니다.",
        "Commit {commit} would remove {removals} entities; confirm it with portal sync --confirm.",
    ),
    "sources.problems": ("문제 {total}건", "{total} problems"),
    "sources.problems.one": ("문제 1건", "1 problem"),
    "sources.now": ("지금 읽기", "Read now"),
    "sources.asked": (
        "{name}을(를) 곧 읽습니다. 잠시 뒤 새로 고치세요.",
        "{name} is read soon. Reload in a moment.",
    ),
    "sources.other": ("그 밖에 되지 않는 일", "What else does not work"),
    "problems": ("문제", "Problems"),
    "problems.lead": (
        "내용에서 찾은 문제와 고치는 방법입니다. 고쳐서 커밋하면 사라집니다.",
        "What is wrong with the content, and what to do. Commit a fix and it goes away.",
    ),
    "problems.none": ("문제가 없습니다.", "There are no problems."),
    "problems.source": ("소스", "Source"),
    "problems.owner": ("관리", "Owner"),
    "problems.filter": ("문제 좁히기", "Narrow the problems"),
    "problems.count": ("문제 {total}건", "{total} problems"),
    "problems.count.one": ("문제 1건", "1 problem"),
    "problems.since": ("{since}부터", "since {since}"),
    # --- updates of projects: sections on other pages
    "updates.instances.side": ("만든 프로젝트", "Projects made"),
    "updates.instances.open": ("프로젝트와 버전 보기", "See projects and versions"),
    "updates.update.side": ("템플릿", "Template"),
    "updates.update.open": ("업데이트 보기", "See the update"),
    "updates.update.behind": (
        "템플릿이 {total}번 바뀌었습니다. 업데이트 보기",
        "{total} changes behind: see the update",
    ),
    "updates.update.behind.one": (
        "템플릿이 1번 바뀌었습니다. 업데이트 보기",
        "1 change behind: see the update",
    ),
    # --- the projects of a template
    "updates.projects": ("템플릿의 프로젝트", "Projects of the template"),
    "updates.projects.of": ("{name}의 프로젝트", "Projects of {name}"),
    "updates.projects.lead": (
        "이 템플릿으로 만든 카탈로그의 프로젝트와 그 버전입니다.",
        "The projects in the catalog that this template made, and how far each is behind.",
    ),
    "updates.projects.none": (
        "이 템플릿으로 만든 프로젝트가 카탈로그에 없습니다.",
        "The catalog has no project that this template made.",
    ),
    "updates.projects.count": ("프로젝트 {total}개", "{total} projects"),
    "updates.projects.count.one": ("프로젝트 1개", "1 project"),
    "updates.projects.behind": ("뒤처진 것 {total}개", "{total} behind"),
    "updates.project": ("프로젝트", "Project"),
    "updates.version": ("버전", "Version"),
    "updates.behindBy": ("뒤처진 정도", "Behind by"),
    "updates.commits": ("커밋 {total}개", "{total} commits"),
    "updates.commits.one": ("커밋 1개", "1 commit"),
    "updates.unknown": ("알 수 없음", "Unknown"),
    "updates.current": ("최신", "Up to date"),
    "updates.request": ("요청", "Request"),
    "updates.request.open": ("요청 열기", "Open the request"),
    "updates.all": ("모두 업데이트", "Update all"),
    "updates.all.how": (
        "뒤처진 프로젝트마다 풀 리퀘스트나 머지 리퀘스트를 하나씩 엽니다. 병합은 각 프로젝트의 소유자가 정합니다.",
        "Opens a pull or merge request for each project that is behind; its owners decide whether to merge.",
    ),
    "updates.all.running": ("이미 캠페인이 진행 중입니다.", "A campaign is running already."),
    "updates.all.start": ("프로젝트 {total}개 업데이트", "Update {total} projects"),
    "updates.all.start.one": ("프로젝트 1개 업데이트", "Update 1 project"),
    "updates.perHour": ("시간당 프로젝트 수", "Projects an hour"),
    # --- campaigns
    "updates.campaigns": ("캠페인", "Campaigns"),
    "updates.campaign.of": ("{name} 업데이트 캠페인", "Campaign of updates: {name}"),
    "updates.campaign.running": ("진행 중", "Running"),
    "updates.campaign.stopped": ("중지됨", "Stopped"),
    "updates.campaign.done": ("완료", "Done"),
    "updates.campaign.progress": ("{all}개 가운데 {done}개를 마쳤습니다.", "{done} of {all} done."),
    "updates.started": ("시작", "Started"),
    "updates.outcome": ("결과", "Outcome"),
    "updates.reload": ("새로 고치기", "Reload"),
    "updates.stop": ("중지", "Stop"),
    "updates.resume": ("계속하고 실패한 것 다시 시도", "Go on, and try again what failed"),
    "updates.look": ("업데이트 보기", "See the update"),
    "updates.state.waiting": ("대기", "Waiting"),
    "updates.state.running": ("진행 중", "In progress"),
    "updates.state.proposed": ("제안됨", "Proposed"),
    "updates.state.conflicts": ("충돌, 초안", "Draft with conflicts"),
    "updates.state.pushed": ("브랜치만 푸시됨", "Branch pushed"),
    "updates.state.questions": ("답이 필요함", "Needs answers"),
    "updates.state.closed": ("병합 없이 닫힘", "Closed without merging"),
    "updates.state.merged": ("병합됨", "Merged"),
    "updates.request.open.is": ("열려 있음", "Open"),
    "updates.request.merged.is": ("병합됨", "Merged"),
    "updates.request.closed.is": ("병합 없이 닫힘", "Closed without merging"),
    "updates.last.open": (
        "이 버전으로 업데이트하자는 요청이 이미 열려 있습니다.",
        "A request to update to this version is open already.",
    ),
    "updates.last.merged": (
        "이 버전의 요청은 병합되었습니다. 카탈로그가 아직 다시 읽지 않았습니다.",
        "The request of this version was merged; the catalog has not read it yet.",
    ),
    "updates.last.closed": (
        "이 버전의 요청은 병합 없이 닫혔습니다. 캠페인은 다시 열지 않으니, 다시 열려면 아래 버튼을 누르세요.",
        "This version's request was closed unmerged. No campaign opens it again; the button does.",
    ),
    "updates.state.current": ("할 일 없음", "Nothing to do"),
    "updates.state.failed": ("실패", "Failed"),
    # --- the update of a project
    "updates.of": ("{name} 업데이트", "Update of {name}"),
    "updates.update": ("템플릿 업데이트", "Update from the template"),
    "updates.problem": ("업데이트할 수 없습니다.", "This project cannot be updated."),
    "updates.plan.current": ("최신", "Up to date"),
    "updates.plan.current.about": ("할 일이 없습니다.", "There is nothing to do."),
    "updates.plan.ready": ("준비됨", "Ready"),
    "updates.plan.ready.about": ("충돌 없이 병합됩니다.", "It merges without conflicts."),
    "updates.plan.conflicts": ("충돌", "Conflicts"),
    "updates.plan.conflicts.about": (
        "초안으로 제안합니다. 결정은 사람이 합니다.",
        "It is proposed as a draft, and people decide.",
    ),
    "updates.plan.questions": ("답이 필요함", "Needs answers"),
    "updates.plan.questions.about": (
        "템플릿이 새로운 것을 묻습니다.",
        "The template asks something new.",
    ),
    "updates.proposed": (
        "브랜치 {branch}에서 {target}(으)로 제안했습니다.",
        "Proposed from branch {branch} to {target}.",
    ),
    "updates.conflicts": ("충돌", "Conflicts"),
    "updates.conflicts.about": (
        "템플릿과 프로젝트가 모두 바꾼 곳입니다. 텍스트 파일에는 충돌 표시가 들어갑니다.",
        "Both the template and the project changed these; text files get conflict markers.",
    ),
    "updates.files": ("바뀌는 파일", "Files that change"),
    "updates.more": ("그 밖에 {total}개", "{total} more"),
    "updates.change.added": ("추가", "Added"),
    "updates.change.changed": ("변경", "Changed"),
    "updates.change.moved": ("이동", "Moved"),
    "updates.change.removed": ("삭제", "Removed"),
    "updates.kept": ("그대로 두는 파일", "Left alone"),
    "updates.patch": ("패치", "Patch"),
    "updates.propose": ("업데이트 제안", "Propose the update"),
    "updates.propose.how": (
        "새 브랜치에 커밋 하나를 올리고 요청을 엽니다. 강제로 푸시하지 않으며, 같은 업데이트는 한 번만 제안합니다.",
        "One commit on a new branch, and a request; never by force, and the same update only once.",
    ),
    "updates.required": ("필수", "required"),
    "updates.token": ("포지의 토큰", "Your token for the forge"),
    "updates.token.about": (
        "비워 두면 운영자가 허용한 포털의 토큰을 씁니다.",
        "Empty takes the portal's, where its operator lends it.",
    ),
    # --- what each rule asks of content; the message below it stays in Backstage's words
    "rule.allow": (
        "이 소스에서는 정의할 수 없는 종류입니다. 다른 소스에 두거나 소스의 allow를 넓히세요.",
        "This source may not define this kind. Move it, or widen allow of the source.",
    ),
    "rule.casing": (
        "대소문자가 정해진 것과 다릅니다. 정해진 대로 쓰세요.",
        "The letter case is not the one that is known. Write it as it is known.",
    ),
    "rule.check-evidence": (
        "점검은 그 개념이 가진 근거 규칙의 이름을 써야 합니다.",
        "A check has to name rules of the concept's own evidence.",
    ),
    "rule.check-example": (
        "점검에는 통과하는 예와 통과하지 않는 예가 하나씩 있어야 합니다.",
        "A check needs an example that passes and one that does not.",
    ),
    "rule.check-id": (
        "한 개념 안에서 점검과 기대의 ID는 서로 달라야 합니다.",
        "Checks and expectations of a concept need ids of their own.",
    ),
    "rule.check-result": (
        "점검의 예가 적힌 결과와 다르게 나옵니다. 규칙이나 예를 고치세요.",
        "An example of a check comes out otherwise than it says. Correct the rule or the example.",
    ),
    "rule.check-text": (
        "점검의 문장은 개념의 모든 언어로 있어야 합니다.",
        "The texts of a check have to be there in every language of the concept.",
    ),
    "rule.circular-definition": (
        "정의가 자기 이름이나 서로를 써서 설명합니다. 다른 말로 쓰세요.",
        "The definition explains the term by itself. Say it in other words.",
    ),
    "rule.concept-link": (
        "사람이 적은 판정(links)을 읽을 수 없어 따르지 않습니다.",
        "What a person judged (links) cannot be read, so it is not followed.",
    ),
    "rule.conflict": (
        "같은 항목을 두 곳에서 정의합니다. 하나를 지우거나 이름을 바꾸세요.",
        "Two places define the same entity. Remove or rename one of them.",
    ),
    "rule.cycle": (
        "개념의 관계가 돌아서 제자리로 옵니다. 관계 하나를 지우세요.",
        "Relations of concepts lead back to where they began. Remove one of them.",
    ),
    "rule.documentation": (
        "항목의 문서를 보여 줄 수 없습니다. 애너테이션이 가리키는 곳을 고치세요.",
        "The documentation of the entity cannot be shown. Correct what the annotation names.",
    ),
    "rule.documentation-page": (
        "문서에 없는 파일이나 페이지를 가리키는 곳이 있거나, 설정을 그대로 쓸 수 없습니다.",
        "A page leads to what does not exist, or a setting of the site cannot be used as it is.",
    ),
    "rule.envelope": (
        "모든 디스크립터가 갖는 부분(apiVersion, kind, metadata)이 형식에 맞지 않습니다.",
        "What every descriptor has (apiVersion, kind, metadata) is not in its form.",
    ),
    "rule.internal": (
        "포털이 이 파일을 처리하지 못했습니다. 이전 내용을 그대로 두며, 원인은 로그에 있습니다.",
        "The portal failed on this file. Its former content stays; the log has the reason.",
    ),
    "rule.kind": (
        "kind나 apiVersion이 알려진 것이 아닙니다.",
        "The kind or the apiVersion is none that is known.",
    ),
    "rule.label-unique": (
        "두 개념이 같은 이름을 씁니다. 한 곳에만 두세요.",
        "Two concepts share a name. Keep it in one place.",
    ),
    "rule.limit": (
        "정해진 크기나 개수를 넘습니다. 줄이거나 나누세요.",
        "It is larger, or there are more, than the limit. Shorten or split it.",
    ),
    "rule.placeholder": (
        "$text, $json, $yaml, $openapi, $asyncapi가 가리키는 것을 읽을 수 없습니다.",
        "What $text, $json, $yaml, $openapi or $asyncapi names cannot be read.",
    ),
    "rule.policy": (
        "모든 항목에 적용하는 형식(이름, 라벨, 애너테이션)에 맞지 않습니다.",
        "It breaks a form that holds for every entity: of names, labels or annotations.",
    ),
    "rule.read": (
        "파일을 읽을 수 없습니다.",
        "The file cannot be read.",
    ),
    "rule.reference": (
        "다른 항목을 가리키는 값이 형식에 맞지 않습니다. [kind:][namespace/]name으로 쓰세요.",
        "A reference to another entity is not in its form: [kind:][namespace/]name.",
    ),
    "rule.related-hierarchy": (
        "한 개념이 관련 개념이면서 상위나 하위 개념입니다. 하나만 남기세요.",
        "A concept is related and also above or below. Keep one of the two.",
    ),
    "rule.rule-example": (
        "근거 규칙에는 맞는 예와 맞지 않는 예가 있어야 하고, 예는 적힌 대로 나와야 합니다.",
        "A rule of evidence needs examples it matches and does not, which come out as they say.",
    ),
    "rule.rule-id": (
        "한 개념 안에서 근거 규칙의 ID는 서로 달라야 합니다.",
        "Rules of evidence of a concept need ids of their own.",
    ),
    "rule.schema": (
        "spec이 이 종류의 형식에 맞지 않습니다.",
        "The spec is not in the form of this kind.",
    ),
    "rule.self-link": (
        "개념이 자기 자신을 가리킵니다.",
        "A concept names itself.",
    ),
    "rule.symptom": (
        "증상은 용어를 모르는 사람이 찾는 말입니다. 개념의 이름 없이, 겹치지 않게 쓰세요.",
        "A symptom is what somebody searches who does not know the term: without its name, once.",
    ),
    "rule.target": (
        "Location이 가리키는 파일이 없습니다. 대상을 고치거나 presence: optional로 두세요.",
        "A Location names a file that is not there. Correct it, or set presence: optional.",
    ),
    "rule.unknown-concept": (
        "없는 개념을 가리킵니다. 이름을 고치거나 그 개념을 쓰세요.",
        "It names a concept that does not exist. Correct the name, or write the concept.",
    ),
    "rule.unknown-glossary": (
        "없는 용어집을 가리킵니다.",
        "It names a glossary that does not exist.",
    ),
    "rule.yaml": (
        "YAML로 읽을 수 없습니다. 가리킨 줄을 고치세요.",
        "It is no YAML that can be read. Correct the line that is named.",
    ),
}

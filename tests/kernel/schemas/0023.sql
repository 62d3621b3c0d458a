BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0023');
CREATE TABLE audit_events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at BIGINT NOT NULL, 
	action TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	actor_kind TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	address TEXT NOT NULL, 
	resource TEXT NOT NULL, 
	details TEXT NOT NULL
);
INSERT INTO "audit_events" VALUES(1,1,'{}','{}','{}','{}','{}','{}','{}');
CREATE TABLE campaign_projects (
	campaign_id TEXT NOT NULL, 
	project_ref TEXT NOT NULL, 
	state TEXT NOT NULL, 
	lease TEXT NOT NULL, 
	taken_at BIGINT NOT NULL, 
	interruptions INTEGER NOT NULL, 
	url TEXT NOT NULL, 
	message TEXT NOT NULL, 
	PRIMARY KEY (campaign_id, project_ref)
);
INSERT INTO "campaign_projects" VALUES('{}','{}','{}','{}',1,1,'{}','{}');
CREATE TABLE campaigns (
	id TEXT NOT NULL, 
	template_ref TEXT NOT NULL, 
	per_hour INTEGER NOT NULL, 
	created_at BIGINT NOT NULL, 
	created_by TEXT NOT NULL, 
	program TEXT NOT NULL, 
	stopped_at BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "campaigns" VALUES('{}','{}',1,1,'{}','{}',1);
CREATE TABLE changes (
	id INTEGER NOT NULL, 
	generation INTEGER NOT NULL, 
	ref TEXT NOT NULL, 
	uid TEXT NOT NULL, 
	operation TEXT NOT NULL, 
	source TEXT NOT NULL, 
	path TEXT NOT NULL, 
	commit_id TEXT NOT NULL, 
	author TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	committed_at TEXT NOT NULL, 
	recorded_at TEXT NOT NULL, 
	diff TEXT NOT NULL, 
	document TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "changes" VALUES(1,1,'{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}');
CREATE TABLE deliveries (
	id TEXT NOT NULL, 
	received_at BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "deliveries" VALUES('{}',1);
CREATE TABLE entities (
	id INTEGER NOT NULL, 
	uid TEXT NOT NULL, 
	ref TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	source TEXT NOT NULL, 
	path TEXT NOT NULL, 
	line INTEGER NOT NULL, 
	document TEXT NOT NULL, 
	document_hash TEXT NOT NULL, 
	items TEXT NOT NULL, 
	etag TEXT NOT NULL, 
	final TEXT NOT NULL, generation INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (uid), 
	UNIQUE (ref)
);
INSERT INTO "entities" VALUES(1,'{}','{}','{}','{}','{}',1,'{}','{}','{}','{}','{}',1);
CREATE TABLE failures (
	stage TEXT NOT NULL, 
	name TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	since TEXT NOT NULL, 
	failed_at TEXT NOT NULL, 
	PRIMARY KEY (stage, name)
);
INSERT INTO "failures" VALUES('{}','{}','{}','{}','{}');
CREATE TABLE files (
	source TEXT NOT NULL, 
	path TEXT NOT NULL, 
	blob_id TEXT NOT NULL, 
	dependencies TEXT NOT NULL, 
	root TEXT NOT NULL, 
	PRIMARY KEY (source, path)
);
INSERT INTO "files" VALUES('{}','{}','{}','{}','{}');
CREATE TABLE heartbeats (
	id TEXT NOT NULL, 
	role TEXT NOT NULL, 
	machine TEXT NOT NULL, 
	pid INTEGER NOT NULL, 
	started_at TEXT NOT NULL, 
	heard_at TEXT NOT NULL, 
	worked_at TEXT NOT NULL, labels TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "heartbeats" VALUES('{}','{}','{}',1,'{}','{}','{}','{}');
CREATE TABLE link_changes (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	link_id TEXT NOT NULL, 
	concept_ref TEXT NOT NULL, 
	entity_ref TEXT NOT NULL, 
	"before" TEXT NOT NULL, 
	"after" TEXT NOT NULL, 
	level_before INTEGER, 
	level_after INTEGER, 
	checks TEXT NOT NULL, 
	confidence FLOAT NOT NULL, 
	commit_id TEXT NOT NULL, 
	committed_at TEXT NOT NULL, 
	recorded_at TEXT NOT NULL
);
INSERT INTO "link_changes" VALUES(1,'{}','{}','{}','{}','{}',1,1,'{}',0.5,'{}','{}','{}');
CREATE TABLE link_checks (
	link_id TEXT NOT NULL, 
	check_id TEXT NOT NULL, 
	level INTEGER NOT NULL, 
	outcome TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (link_id, check_id)
);
INSERT INTO "link_checks" VALUES('{}','{}',1,'{}','{}');
CREATE TABLE link_findings (
	link_id TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	check_id TEXT NOT NULL, 
	path TEXT NOT NULL, 
	line INTEGER NOT NULL, 
	commit_id TEXT NOT NULL, 
	rule TEXT NOT NULL, 
	form TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	strength TEXT NOT NULL, 
	weakened TEXT NOT NULL, 
	matched TEXT NOT NULL, 
	message_ko TEXT NOT NULL, 
	message_en TEXT NOT NULL, 
	PRIMARY KEY (link_id, position)
);
INSERT INTO "link_findings" VALUES('{}',1,'{}','{}',1,'{}','{}','{}','{}','{}','{}','{}','{}','{}');
CREATE TABLE link_gaps (
	id TEXT NOT NULL, 
	concept_ref TEXT NOT NULL, 
	entity_ref TEXT NOT NULL, 
	expectation_id TEXT NOT NULL, 
	message_ko TEXT NOT NULL, 
	message_en TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "link_gaps" VALUES('{}','{}','{}','{}','{}','{}');
CREATE TABLE link_memories (
	entity_ref TEXT NOT NULL, 
	content BLOB NOT NULL, 
	PRIMARY KEY (entity_ref)
);
INSERT INTO "link_memories" VALUES('{}',X'78');
CREATE TABLE link_scans (
	entity_ref TEXT NOT NULL, 
	completeness TEXT NOT NULL, 
	repository TEXT NOT NULL, 
	files_at TEXT NOT NULL, 
	folder TEXT NOT NULL, 
	commit_id TEXT NOT NULL, 
	tree_id TEXT NOT NULL, 
	rule_set TEXT NOT NULL, 
	inputs TEXT NOT NULL, 
	scanned_at TEXT NOT NULL, 
	checked_at TEXT NOT NULL, 
	seconds FLOAT NOT NULL, 
	files INTEGER NOT NULL, 
	read INTEGER NOT NULL, 
	gaps TEXT NOT NULL, 
	error TEXT NOT NULL, 
	failing_since TEXT NOT NULL, 
	PRIMARY KEY (entity_ref)
);
INSERT INTO "link_scans" VALUES('{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}',0.5,1,1,'{}','{}','{}');
CREATE TABLE links (
	id TEXT NOT NULL, 
	concept_ref TEXT NOT NULL, 
	entity_ref TEXT NOT NULL, 
	status TEXT NOT NULL, 
	confidence FLOAT NOT NULL, 
	level INTEGER, 
	commit_id TEXT NOT NULL, 
	is_declared BOOLEAN NOT NULL, 
	since TEXT NOT NULL, 
	template TEXT NOT NULL, 
	judgment TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "links" VALUES('{}','{}','{}','{}',0.5,1,'{}',1,'{}','{}','{}');
CREATE TABLE listings (
	provider TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	pages TEXT NOT NULL, 
	repositories TEXT NOT NULL, 
	listed_at TEXT NOT NULL, 
	error TEXT NOT NULL, 
	failing_since TEXT NOT NULL, 
	not_before BIGINT NOT NULL, 
	held TEXT NOT NULL, 
	held_id TEXT NOT NULL, asked_at TEXT, 
	PRIMARY KEY (provider)
);
INSERT INTO "listings" VALUES('{}','{}','{}','{}','{}','{}','{}',1,'{}','{}','{}');
CREATE TABLE locations (
	id TEXT NOT NULL, 
	type TEXT NOT NULL, 
	target TEXT NOT NULL, 
	entity_ref TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT locations_type_target UNIQUE (type, target)
);
INSERT INTO "locations" VALUES('{}','{}','{}','{}','{}');
CREATE TABLE notification_marks (
	notification_id TEXT NOT NULL, 
	user_ref TEXT NOT NULL, 
	read_at TEXT, 
	saved_at TEXT, 
	PRIMARY KEY (notification_id, user_ref)
);
INSERT INTO "notification_marks" VALUES('{}','{}','{}','{}');
CREATE TABLE notification_preferences (
	user_ref TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (user_ref)
);
INSERT INTO "notification_preferences" VALUES('{}','{}');
CREATE TABLE notifications (
	id TEXT NOT NULL, 
	user_ref TEXT NOT NULL, 
	origin TEXT NOT NULL, 
	scope TEXT, 
	topic TEXT, 
	severity TEXT NOT NULL, 
	title TEXT NOT NULL, 
	description TEXT, 
	payload TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	updated_at TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "notifications" VALUES('{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}');
CREATE TABLE parents (
	source TEXT NOT NULL, 
	child_ref TEXT NOT NULL, 
	parent_ref TEXT NOT NULL, 
	PRIMARY KEY (source, child_ref, parent_ref)
);
INSERT INTO "parents" VALUES('{}','{}','{}');
CREATE TABLE pending_sign_ins (
	state_hash TEXT NOT NULL, 
	browser_hash TEXT NOT NULL, 
	provider TEXT NOT NULL, 
	nonce TEXT NOT NULL, 
	verifier TEXT NOT NULL, 
	flow TEXT NOT NULL, 
	return_to TEXT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	PRIMARY KEY (state_hash)
);
INSERT INTO "pending_sign_ins" VALUES('{}','{}','{}','{}','{}','{}','{}',1);
CREATE TABLE problems (
	id INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	ref TEXT NOT NULL, 
	path TEXT NOT NULL, 
	line INTEGER NOT NULL, 
	"column" INTEGER NOT NULL, 
	json_path TEXT NOT NULL, 
	rule TEXT NOT NULL, 
	level TEXT NOT NULL, 
	message TEXT NOT NULL, 
	hint TEXT NOT NULL, 
	commit_id TEXT NOT NULL, 
	since TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "problems" VALUES(1,'{}','{}','{}',1,1,'{}','{}','{}','{}','{}','{}','{}');
CREATE TABLE program_tokens (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	scopes TEXT NOT NULL, 
	restrictions TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	used_at BIGINT NOT NULL, 
	revoked_at BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
INSERT INTO "program_tokens" VALUES('{}','{}','{}','{}','{}',1,1,1,1);
CREATE TABLE project_updates (
	project_ref TEXT NOT NULL, 
	template_ref TEXT NOT NULL, 
	commit_id TEXT NOT NULL, 
	state TEXT NOT NULL, 
	url TEXT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	PRIMARY KEY (project_ref)
);
INSERT INTO "project_updates" VALUES('{}','{}','{}','{}','{}',1);
CREATE TABLE quota_windows (
	"key" TEXT NOT NULL, 
	count BIGINT NOT NULL, 
	ends_at DOUBLE NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "quota_windows" VALUES('{}',1,0.5);
CREATE TABLE refresh_requests (
	source TEXT NOT NULL, 
	requested_at TEXT NOT NULL, request_id TEXT, traceparent TEXT, 
	PRIMARY KEY (source)
);
INSERT INTO "refresh_requests" VALUES('{}','{}','{}','{}');
CREATE TABLE relations (
	emitter TEXT NOT NULL, 
	source_ref TEXT NOT NULL, 
	type TEXT NOT NULL, 
	target_ref TEXT NOT NULL, 
	PRIMARY KEY (emitter, source_ref, type, target_ref)
);
INSERT INTO "relations" VALUES('{}','{}','{}','{}');
CREATE TABLE removals (
	name TEXT NOT NULL, 
	until TEXT NOT NULL, 
	generation INTEGER NOT NULL, 
	entries BIGINT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "removals" VALUES('{}','{}',1,1);
CREATE TABLE runs (
	id INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	commit_id TEXT NOT NULL, 
	generation INTEGER NOT NULL, 
	started_at TEXT NOT NULL, 
	seconds FLOAT NOT NULL, 
	outcome TEXT NOT NULL, 
	report TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "runs" VALUES(1,'{}','{}',1,'{}',0.5,'{}','{}');
CREATE TABLE search (
	entity_id INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	value TEXT, 
	original TEXT
);
INSERT INTO "search" VALUES(1,'{}','{}','{}');
CREATE TABLE sessions (
	id_hash TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	user_ref TEXT NOT NULL, 
	provider TEXT NOT NULL, 
	profile TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	id_token TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	PRIMARY KEY (id_hash)
);
INSERT INTO "sessions" VALUES('{}','{}','{}','{}','{}','{}','{}',1,1);
CREATE TABLE signing_keys (
	kid TEXT NOT NULL, 
	private_key TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	PRIMARY KEY (kid)
);
INSERT INTO "signing_keys" VALUES('{}','{}',1);
CREATE TABLE sources (
	name TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	commit_id TEXT NOT NULL, 
	read_at TEXT NOT NULL, 
	checked_at TEXT NOT NULL, 
	error TEXT NOT NULL, 
	failing_since TEXT NOT NULL, 
	held_commit TEXT NOT NULL, 
	held_removals INTEGER NOT NULL, committed_at TEXT, 
	PRIMARY KEY (name)
);
INSERT INTO "sources" VALUES('{}','{}','{}','{}','{}','{}','{}','{}',1,'{}');
CREATE TABLE state (
	id INTEGER NOT NULL, 
	generation INTEGER NOT NULL, catalog_id TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "state" VALUES(1,1,'{}');
CREATE TABLE task_checkpoints (
	task_id TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	sealed BLOB NOT NULL, 
	PRIMARY KEY (task_id, "key")
);
INSERT INTO "task_checkpoints" VALUES('{}','{}',X'78');
CREATE TABLE task_drafts (
	id TEXT NOT NULL, 
	template TEXT NOT NULL, 
	caller TEXT NOT NULL, 
	sealed BLOB NOT NULL, 
	updated_at BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "task_drafts" VALUES('{}','{}','{}',X'78',1);
CREATE TABLE task_events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	task_id TEXT NOT NULL, 
	type TEXT NOT NULL, 
	body TEXT NOT NULL, 
	created_at BIGINT NOT NULL
);
INSERT INTO "task_events" VALUES(1,'{}','{}','{}',1);
CREATE TABLE task_requests (
	caller TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	task_id TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	PRIMARY KEY (caller, "key")
);
INSERT INTO "task_requests" VALUES('{}','{}','{}','{}',1);
CREATE TABLE task_secrets (
	task_id TEXT NOT NULL, 
	sealed BLOB NOT NULL, 
	PRIMARY KEY (task_id)
);
INSERT INTO "task_secrets" VALUES('{}',X'78');
CREATE TABLE task_steps (
	task_id TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	status TEXT NOT NULL, 
	sealed BLOB NOT NULL, 
	PRIMARY KEY (task_id, position)
);
INSERT INTO "task_steps" VALUES('{}',1,'{}',X'78');
CREATE TABLE task_workspaces (
	task_id TEXT NOT NULL, 
	content BLOB NOT NULL, object TEXT, size BIGINT, 
	PRIMARY KEY (task_id)
);
INSERT INTO "task_workspaces" VALUES('{}',X'78','{}',1);
CREATE TABLE tasks (
	id TEXT NOT NULL, 
	status TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	created_by TEXT NOT NULL, 
	spec TEXT NOT NULL, 
	shown_values TEXT NOT NULL, 
	template_commit TEXT NOT NULL, 
	template_repository TEXT NOT NULL, 
	lease TEXT NOT NULL, 
	heartbeat_at BIGINT NOT NULL, 
	started_at BIGINT NOT NULL, 
	ended_at BIGINT NOT NULL, 
	cancelled_at BIGINT NOT NULL, 
	interruptions INTEGER NOT NULL, request_id TEXT, key_mark TEXT, traceparent TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "tasks" VALUES('{}','{}',1,'{}','{}','{}','{}','{}','{}',1,1,1,1,1,'{}','{}','{}');
CREATE TABLE update_notices (
	project_ref TEXT NOT NULL, 
	version TEXT NOT NULL, 
	PRIMARY KEY (project_ref)
);
INSERT INTO "update_notices" VALUES('{}','{}');
CREATE TABLE user_settings (
	user_ref TEXT NOT NULL, 
	bucket TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (user_ref, bucket, "key")
);
INSERT INTO "user_settings" VALUES('{}','{}','{}','{}');
CREATE INDEX entities_source ON entities (source, path);
CREATE INDEX relations_source_ref ON relations (source_ref);
CREATE INDEX parents_child ON parents (child_ref);
CREATE INDEX search_key ON search ("key", value, entity_id, original);
CREATE INDEX search_entity ON search (entity_id, "key", value);
CREATE INDEX problems_source ON problems (source);
CREATE INDEX changes_ref ON changes (ref, id);
CREATE INDEX changes_generation ON changes (generation);
CREATE INDEX deliveries_received_at ON deliveries (received_at);
CREATE INDEX tasks_status ON tasks (status, created_at);
CREATE INDEX tasks_created_by ON tasks (created_by, created_at);
CREATE INDEX task_events_task ON task_events (task_id, id);
CREATE INDEX audit_events_at ON audit_events (at);
CREATE INDEX audit_events_actor ON audit_events (actor, id);
CREATE INDEX task_drafts_updated_at ON task_drafts (updated_at);
CREATE INDEX notifications_user ON notifications (user_ref, created_at);
CREATE INDEX notifications_scope ON notifications (origin, scope, user_ref);
CREATE INDEX pending_sign_ins_expiry ON pending_sign_ins (expires_at);
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE INDEX quota_windows_ends_at ON quota_windows (ends_at);
CREATE INDEX link_gaps_concept ON link_gaps (concept_ref);
CREATE INDEX link_gaps_entity ON link_gaps (entity_ref);
CREATE INDEX links_concept ON links (concept_ref, entity_ref);
CREATE INDEX links_entity ON links (entity_ref, concept_ref);
CREATE INDEX link_changes_link ON link_changes (link_id, id);
CREATE INDEX link_changes_commit ON link_changes (commit_id);
CREATE INDEX link_changes_time ON link_changes (recorded_at);
CREATE INDEX entities_generation ON entities (generation);
CREATE INDEX changes_time ON changes (recorded_at);
CREATE INDEX runs_source ON runs (source, id);
CREATE INDEX campaigns_template ON campaigns (template_ref, created_at);
CREATE INDEX campaign_projects_state ON campaign_projects (state);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('audit_events',1);
INSERT INTO "sqlite_sequence" VALUES('link_changes',1);
INSERT INTO "sqlite_sequence" VALUES('task_events',1);
COMMIT;

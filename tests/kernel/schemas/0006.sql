BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0006');
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
	final TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (uid), 
	UNIQUE (ref)
);
INSERT INTO "entities" VALUES(1,'{}','{}','{}','{}','{}',1,'{}','{}','{}','{}','{}');
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
CREATE TABLE parents (
	source TEXT NOT NULL, 
	child_ref TEXT NOT NULL, 
	parent_ref TEXT NOT NULL, 
	PRIMARY KEY (source, child_ref, parent_ref)
);
INSERT INTO "parents" VALUES('{}','{}','{}');
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
CREATE TABLE refresh_requests (
	source TEXT NOT NULL, 
	requested_at TEXT NOT NULL, 
	PRIMARY KEY (source)
);
INSERT INTO "refresh_requests" VALUES('{}','{}');
CREATE TABLE relations (
	emitter TEXT NOT NULL, 
	source_ref TEXT NOT NULL, 
	type TEXT NOT NULL, 
	target_ref TEXT NOT NULL, 
	PRIMARY KEY (emitter, source_ref, type, target_ref)
);
INSERT INTO "relations" VALUES('{}','{}','{}','{}');
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
	held_removals INTEGER NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "sources" VALUES('{}','{}','{}','{}','{}','{}','{}','{}',1);
CREATE TABLE state (
	id INTEGER NOT NULL, 
	generation INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "state" VALUES(1,1);
CREATE TABLE task_checkpoints (
	task_id TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	sealed BLOB NOT NULL, 
	PRIMARY KEY (task_id, "key")
);
INSERT INTO "task_checkpoints" VALUES('{}','{}',X'78');
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
	content BLOB NOT NULL, 
	PRIMARY KEY (task_id)
);
INSERT INTO "task_workspaces" VALUES('{}',X'78');
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
	interruptions INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "tasks" VALUES('{}','{}',1,'{}','{}','{}','{}','{}','{}',1,1,1,1,1);
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
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('task_events',1);
COMMIT;

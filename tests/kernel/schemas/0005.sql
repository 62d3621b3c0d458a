DROP TABLE alembic_version;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0005');
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
CREATE INDEX task_events_task ON task_events (task_id, id);
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
CREATE INDEX tasks_created_by ON tasks (created_by, created_at);
CREATE INDEX tasks_status ON tasks (status, created_at);

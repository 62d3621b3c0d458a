DROP TABLE alembic_version;
DROP TABLE refresh_requests;
DROP TABLE tasks;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0022');
CREATE TABLE refresh_requests (
	source TEXT NOT NULL, 
	requested_at TEXT NOT NULL, request_id TEXT, traceparent TEXT, 
	PRIMARY KEY (source)
);
INSERT INTO "refresh_requests" VALUES('{}','{}','{}','{}');
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
CREATE INDEX tasks_created_by ON tasks (created_by, created_at);
CREATE INDEX tasks_status ON tasks (status, created_at);

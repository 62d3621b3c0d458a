DROP TABLE alembic_version;
DROP TABLE task_workspaces;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0023');
CREATE TABLE task_workspaces (
	task_id TEXT NOT NULL, 
	content BLOB NOT NULL, object TEXT, size BIGINT, 
	PRIMARY KEY (task_id)
);
INSERT INTO "task_workspaces" VALUES('{}',X'78','{}',1);

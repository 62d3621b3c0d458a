DROP TABLE alembic_version;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0009');
CREATE TABLE task_drafts (
	id TEXT NOT NULL, 
	template TEXT NOT NULL, 
	caller TEXT NOT NULL, 
	sealed BLOB NOT NULL, 
	updated_at BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "task_drafts" VALUES('{}','{}','{}',X'78',1);
CREATE INDEX task_drafts_updated_at ON task_drafts (updated_at);

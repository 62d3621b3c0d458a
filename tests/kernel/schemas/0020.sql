DROP TABLE alembic_version;
DROP TABLE sources;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0020');
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

DROP TABLE alembic_version;
DROP TABLE changes;
DROP TABLE runs;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0017');
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
CREATE INDEX changes_generation ON changes (generation);
CREATE INDEX changes_ref ON changes (ref, id);
CREATE INDEX changes_time ON changes (recorded_at);
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
CREATE INDEX runs_source ON runs (source, id);

DROP TABLE alembic_version;
DROP TABLE heartbeats;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0021');
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

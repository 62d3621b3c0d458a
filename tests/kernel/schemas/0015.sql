DROP TABLE alembic_version;
DROP TABLE entities;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0015');
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
CREATE INDEX entities_generation ON entities (generation);
CREATE INDEX entities_source ON entities (source, path);

CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
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
CREATE INDEX entities_source ON entities (source, path);
CREATE TABLE files (
	source TEXT NOT NULL, 
	path TEXT NOT NULL, 
	blob_id TEXT NOT NULL, 
	dependencies TEXT NOT NULL, 
	root TEXT NOT NULL, 
	PRIMARY KEY (source, path)
);
INSERT INTO "files" VALUES('{}','{}','{}','{}','{}');
CREATE TABLE parents (
	source TEXT NOT NULL, 
	child_ref TEXT NOT NULL, 
	parent_ref TEXT NOT NULL, 
	PRIMARY KEY (source, child_ref, parent_ref)
);
INSERT INTO "parents" VALUES('{}','{}','{}');
CREATE INDEX parents_child ON parents (child_ref);
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
CREATE INDEX problems_source ON problems (source);
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
CREATE INDEX relations_source_ref ON relations (source_ref);
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
CREATE INDEX search_entity ON search (entity_id, "key", value);
CREATE INDEX search_key ON search ("key", value, entity_id, original);
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

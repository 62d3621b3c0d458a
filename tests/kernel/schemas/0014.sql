DROP TABLE alembic_version;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0014');
CREATE TABLE link_changes (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	link_id TEXT NOT NULL, 
	concept_ref TEXT NOT NULL, 
	entity_ref TEXT NOT NULL, 
	"before" TEXT NOT NULL, 
	"after" TEXT NOT NULL, 
	level_before INTEGER, 
	level_after INTEGER, 
	checks TEXT NOT NULL, 
	confidence FLOAT NOT NULL, 
	commit_id TEXT NOT NULL, 
	committed_at TEXT NOT NULL, 
	recorded_at TEXT NOT NULL
);
INSERT INTO "link_changes" VALUES(1,'{}','{}','{}','{}','{}',1,1,'{}',0.5,'{}','{}','{}');
CREATE INDEX link_changes_commit ON link_changes (commit_id);
CREATE INDEX link_changes_link ON link_changes (link_id, id);
CREATE INDEX link_changes_time ON link_changes (recorded_at);
CREATE TABLE link_checks (
	link_id TEXT NOT NULL, 
	check_id TEXT NOT NULL, 
	level INTEGER NOT NULL, 
	outcome TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (link_id, check_id)
);
INSERT INTO "link_checks" VALUES('{}','{}',1,'{}','{}');
CREATE TABLE link_findings (
	link_id TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	check_id TEXT NOT NULL, 
	path TEXT NOT NULL, 
	line INTEGER NOT NULL, 
	commit_id TEXT NOT NULL, 
	rule TEXT NOT NULL, 
	form TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	strength TEXT NOT NULL, 
	weakened TEXT NOT NULL, 
	matched TEXT NOT NULL, 
	message_ko TEXT NOT NULL, 
	message_en TEXT NOT NULL, 
	PRIMARY KEY (link_id, position)
);
INSERT INTO "link_findings" VALUES('{}',1,'{}','{}',1,'{}','{}','{}','{}','{}','{}','{}','{}','{}');
CREATE TABLE link_gaps (
	id TEXT NOT NULL, 
	concept_ref TEXT NOT NULL, 
	entity_ref TEXT NOT NULL, 
	expectation_id TEXT NOT NULL, 
	message_ko TEXT NOT NULL, 
	message_en TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "link_gaps" VALUES('{}','{}','{}','{}','{}','{}');
CREATE INDEX link_gaps_concept ON link_gaps (concept_ref);
CREATE INDEX link_gaps_entity ON link_gaps (entity_ref);
CREATE TABLE link_memories (
	entity_ref TEXT NOT NULL, 
	content BLOB NOT NULL, 
	PRIMARY KEY (entity_ref)
);
INSERT INTO "link_memories" VALUES('{}',X'78');
CREATE TABLE link_scans (
	entity_ref TEXT NOT NULL, 
	completeness TEXT NOT NULL, 
	repository TEXT NOT NULL, 
	files_at TEXT NOT NULL, 
	folder TEXT NOT NULL, 
	commit_id TEXT NOT NULL, 
	tree_id TEXT NOT NULL, 
	rule_set TEXT NOT NULL, 
	inputs TEXT NOT NULL, 
	scanned_at TEXT NOT NULL, 
	checked_at TEXT NOT NULL, 
	seconds FLOAT NOT NULL, 
	files INTEGER NOT NULL, 
	read INTEGER NOT NULL, 
	gaps TEXT NOT NULL, 
	error TEXT NOT NULL, 
	failing_since TEXT NOT NULL, 
	PRIMARY KEY (entity_ref)
);
INSERT INTO "link_scans" VALUES('{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}',0.5,1,1,'{}','{}','{}');
CREATE TABLE links (
	id TEXT NOT NULL, 
	concept_ref TEXT NOT NULL, 
	entity_ref TEXT NOT NULL, 
	status TEXT NOT NULL, 
	confidence FLOAT NOT NULL, 
	level INTEGER, 
	commit_id TEXT NOT NULL, 
	is_declared BOOLEAN NOT NULL, 
	since TEXT NOT NULL, 
	template TEXT NOT NULL, 
	judgment TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "links" VALUES('{}','{}','{}','{}',0.5,1,'{}',1,'{}','{}','{}');
CREATE INDEX links_concept ON links (concept_ref, entity_ref);
CREATE INDEX links_entity ON links (entity_ref, concept_ref);

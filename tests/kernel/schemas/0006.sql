DROP TABLE alembic_version;
DROP TABLE listings;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0006');
CREATE TABLE failures (
	stage TEXT NOT NULL, 
	name TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	since TEXT NOT NULL, 
	failed_at TEXT NOT NULL, 
	PRIMARY KEY (stage, name)
);
INSERT INTO "failures" VALUES('{}','{}','{}','{}','{}');
CREATE TABLE listings (
	provider TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	pages TEXT NOT NULL, 
	repositories TEXT NOT NULL, 
	listed_at TEXT NOT NULL, 
	error TEXT NOT NULL, 
	failing_since TEXT NOT NULL, 
	not_before BIGINT NOT NULL, 
	held TEXT NOT NULL, 
	held_id TEXT NOT NULL, asked_at TEXT, 
	PRIMARY KEY (provider)
);
INSERT INTO "listings" VALUES('{}','{}','{}','{}','{}','{}','{}',1,'{}','{}','{}');

DROP TABLE alembic_version;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0004');
CREATE TABLE deliveries (
	id TEXT NOT NULL, 
	received_at BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "deliveries" VALUES('{}',1);
CREATE INDEX deliveries_received_at ON deliveries (received_at);
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
	held_id TEXT NOT NULL, 
	PRIMARY KEY (provider)
);
INSERT INTO "listings" VALUES('{}','{}','{}','{}','{}','{}','{}',1,'{}','{}');

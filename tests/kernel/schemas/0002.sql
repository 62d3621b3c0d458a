DROP TABLE alembic_version;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE locations (
	id TEXT NOT NULL, 
	type TEXT NOT NULL, 
	target TEXT NOT NULL, 
	entity_ref TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT locations_type_target UNIQUE (type, target)
);
INSERT INTO "locations" VALUES('{}','{}','{}','{}','{}');

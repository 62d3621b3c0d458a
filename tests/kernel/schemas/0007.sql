DROP TABLE alembic_version;
DROP TABLE state;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0007');
CREATE TABLE state (
	id INTEGER NOT NULL, 
	generation INTEGER NOT NULL, catalog_id TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "state" VALUES(1,1,'{}');

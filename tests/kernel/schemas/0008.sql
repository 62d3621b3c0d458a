DROP TABLE alembic_version;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0008');
CREATE TABLE audit_events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at BIGINT NOT NULL, 
	action TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	actor_kind TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	address TEXT NOT NULL, 
	resource TEXT NOT NULL, 
	details TEXT NOT NULL
);
INSERT INTO "audit_events" VALUES(1,1,'{}','{}','{}','{}','{}','{}','{}');
CREATE INDEX audit_events_actor ON audit_events (actor, id);
CREATE INDEX audit_events_at ON audit_events (at);

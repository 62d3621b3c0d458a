DROP TABLE alembic_version;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0010');
CREATE TABLE notification_marks (
	notification_id TEXT NOT NULL, 
	user_ref TEXT NOT NULL, 
	read_at TEXT, 
	saved_at TEXT, 
	PRIMARY KEY (notification_id, user_ref)
);
INSERT INTO "notification_marks" VALUES('{}','{}','{}','{}');
CREATE TABLE notification_preferences (
	user_ref TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (user_ref)
);
INSERT INTO "notification_preferences" VALUES('{}','{}');
CREATE TABLE notifications (
	id TEXT NOT NULL, 
	user_ref TEXT NOT NULL, 
	origin TEXT NOT NULL, 
	scope TEXT, 
	topic TEXT, 
	severity TEXT NOT NULL, 
	title TEXT NOT NULL, 
	description TEXT, 
	payload TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	updated_at TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "notifications" VALUES('{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}');
CREATE INDEX notifications_scope ON notifications (origin, scope, user_ref);
CREATE INDEX notifications_user ON notifications (user_ref, created_at);

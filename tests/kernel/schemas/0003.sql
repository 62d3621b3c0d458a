DROP TABLE alembic_version;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
CREATE TABLE signing_keys (
	kid TEXT NOT NULL, 
	private_key TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	PRIMARY KEY (kid)
);
INSERT INTO "signing_keys" VALUES('{}','{}',1);
CREATE TABLE user_settings (
	user_ref TEXT NOT NULL, 
	bucket TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (user_ref, bucket, "key")
);
INSERT INTO "user_settings" VALUES('{}','{}','{}','{}');

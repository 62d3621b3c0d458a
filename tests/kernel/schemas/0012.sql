DROP TABLE alembic_version;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0012');
CREATE TABLE quota_windows (
	"key" TEXT NOT NULL, 
	count BIGINT NOT NULL, 
	ends_at DOUBLE NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "quota_windows" VALUES('{}',1,0.5);
CREATE INDEX quota_windows_ends_at ON quota_windows (ends_at);

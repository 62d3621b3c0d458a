DROP TABLE alembic_version;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0011');
CREATE TABLE pending_sign_ins (
	state_hash TEXT NOT NULL, 
	browser_hash TEXT NOT NULL, 
	provider TEXT NOT NULL, 
	nonce TEXT NOT NULL, 
	verifier TEXT NOT NULL, 
	flow TEXT NOT NULL, 
	return_to TEXT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	PRIMARY KEY (state_hash)
);
INSERT INTO "pending_sign_ins" VALUES('{}','{}','{}','{}','{}','{}','{}',1);
CREATE INDEX pending_sign_ins_expiry ON pending_sign_ins (expires_at);
CREATE TABLE program_tokens (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	scopes TEXT NOT NULL, 
	restrictions TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	used_at BIGINT NOT NULL, 
	revoked_at BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
INSERT INTO "program_tokens" VALUES('{}','{}','{}','{}','{}',1,1,1,1);
CREATE TABLE sessions (
	id_hash TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	user_ref TEXT NOT NULL, 
	provider TEXT NOT NULL, 
	profile TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	id_token TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	PRIMARY KEY (id_hash)
);
INSERT INTO "sessions" VALUES('{}','{}','{}','{}','{}','{}','{}',1,1);
CREATE INDEX sessions_expiry ON sessions (expires_at);

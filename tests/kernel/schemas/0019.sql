DROP TABLE alembic_version;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0019');
CREATE TABLE campaign_projects (
	campaign_id TEXT NOT NULL, 
	project_ref TEXT NOT NULL, 
	state TEXT NOT NULL, 
	lease TEXT NOT NULL, 
	taken_at BIGINT NOT NULL, 
	interruptions INTEGER NOT NULL, 
	url TEXT NOT NULL, 
	message TEXT NOT NULL, 
	PRIMARY KEY (campaign_id, project_ref)
);
INSERT INTO "campaign_projects" VALUES('{}','{}','{}','{}',1,1,'{}','{}');
CREATE INDEX campaign_projects_state ON campaign_projects (state);
CREATE TABLE campaigns (
	id TEXT NOT NULL, 
	template_ref TEXT NOT NULL, 
	per_hour INTEGER NOT NULL, 
	created_at BIGINT NOT NULL, 
	created_by TEXT NOT NULL, 
	program TEXT NOT NULL, 
	stopped_at BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "campaigns" VALUES('{}','{}',1,1,'{}','{}',1);
CREATE INDEX campaigns_template ON campaigns (template_ref, created_at);
CREATE TABLE project_updates (
	project_ref TEXT NOT NULL, 
	template_ref TEXT NOT NULL, 
	commit_id TEXT NOT NULL, 
	state TEXT NOT NULL, 
	url TEXT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	PRIMARY KEY (project_ref)
);
INSERT INTO "project_updates" VALUES('{}','{}','{}','{}','{}',1);
CREATE TABLE update_notices (
	project_ref TEXT NOT NULL, 
	version TEXT NOT NULL, 
	PRIMARY KEY (project_ref)
);
INSERT INTO "update_notices" VALUES('{}','{}');

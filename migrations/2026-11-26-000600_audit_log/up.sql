-- Who did what that matters for security. Of an action on an account there is a row for each of its workspaces.
CREATE TABLE ferrify_audit_log (
    "id" uuid NOT NULL,
    -- Of accounts without a workspace none.
    "tenant_id" uuid,
    -- Who acted, or whose account it was tried on.
    "account_id" uuid,
    "action" character varying(64) NOT NULL,
    -- What it was done to: an id, or a name.
    "subject" text,
    "client_address" character varying(64),
    "request_id" character varying(128),
    "detail" jsonb DEFAULT '{}'::jsonb NOT NULL,
    "created_at" timestamp without time zone NOT NULL,
    CONSTRAINT ferrify_audit_log_pkey PRIMARY KEY ("id")
);
CREATE INDEX ferrify_audit_log_tenant_idx ON ferrify_audit_log ("tenant_id", "created_at" DESC, "id" DESC);
-- Old rows are removed by their time.
CREATE INDEX ferrify_audit_log_created_idx ON ferrify_audit_log ("created_at");

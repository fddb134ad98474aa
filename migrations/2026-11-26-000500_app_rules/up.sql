-- What an app asks of its callers beside a key. Apps without a row ask nothing.
CREATE TABLE ferrify_app_rules (
    "app_id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    -- Networks in CIDR notation; empty admits every address.
    "allowed_networks" text[] DEFAULT '{}'::text[] NOT NULL,
    -- Encrypted with the workspace's key; requests are signed with it.
    "signing_secret" text,
    "updated_at" timestamp without time zone NOT NULL,
    CONSTRAINT ferrify_app_rules_pkey PRIMARY KEY ("app_id")
);

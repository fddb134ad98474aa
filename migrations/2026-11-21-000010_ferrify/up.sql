-- Ferrify's own tables. All begin with `ferrify_`, so that a Dify server on the same database leaves them alone.

-- Facts about the installation: what SECRET_KEY the secrets at rest were written with.
CREATE TABLE ferrify_meta (
    "name" varchar(64) NOT NULL,
    "value" text NOT NULL,
    CONSTRAINT ferrify_meta_pkey PRIMARY KEY ("name")
);

-- Keyed hash of each API key: keys are found by it and never stored in clear beside it.
CREATE TABLE ferrify_api_token_hashes (
    "token_hash" bytea NOT NULL,
    "api_token_id" uuid NOT NULL,
    CONSTRAINT ferrify_api_token_hashes_pkey PRIMARY KEY ("token_hash")
);
CREATE UNIQUE INDEX ferrify_api_token_hashes_token_idx ON ferrify_api_token_hashes ("api_token_id");

-- The background queue.
CREATE TABLE ferrify_jobs (
    "id" uuid NOT NULL,
    "queue" varchar(64) NOT NULL,
    "kind" varchar(128) NOT NULL,
    "tenant_id" uuid,
    "payload" jsonb NOT NULL,
    "priority" integer NOT NULL DEFAULT 0,
    "run_at" timestamp NOT NULL,
    "attempts" integer NOT NULL DEFAULT 0,
    "max_attempts" integer NOT NULL DEFAULT 5,
    "locked_until" timestamp,
    "locked_by" varchar(128),
    "dedup_key" varchar(255),
    "state" varchar(16) NOT NULL DEFAULT 'ready',
    "progress" jsonb,
    "last_error" text,
    "created_at" timestamp NOT NULL,
    "updated_at" timestamp NOT NULL,
    CONSTRAINT ferrify_jobs_pkey PRIMARY KEY ("id")
);
CREATE INDEX ferrify_jobs_ready_idx ON ferrify_jobs ("queue", "priority" DESC, "run_at") WHERE "state" = 'ready';
CREATE INDEX ferrify_jobs_running_idx ON ferrify_jobs ("locked_until") WHERE "state" = 'running';
CREATE INDEX ferrify_jobs_dead_idx ON ferrify_jobs ("updated_at") WHERE "state" = 'dead';
CREATE UNIQUE INDEX ferrify_jobs_dedup_idx ON ferrify_jobs ("dedup_key") WHERE "dedup_key" IS NOT NULL AND "state" <> 'dead';

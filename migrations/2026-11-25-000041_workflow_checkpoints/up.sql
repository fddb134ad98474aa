-- Long runs of workflows as they were a moment ago, so that another process can go on with them. A row is gone when its
-- run has ended.
CREATE TABLE ferrify_workflow_checkpoints (
    "run_id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "context" text NOT NULL,
    "state" text NOT NULL,
    "attempts" integer DEFAULT 0 NOT NULL,
    "updated_at" timestamp without time zone NOT NULL,
    CONSTRAINT ferrify_workflow_checkpoints_pkey PRIMARY KEY ("run_id")
);

-- Forms that people fill in while runs of workflows wait. Whoever knows a token may fill in its form.
CREATE TABLE ferrify_human_input_forms (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "workflow_run_id" uuid NOT NULL,
    "node_execution_id" uuid NOT NULL,
    "node_id" character varying(255) NOT NULL,
    "node_title" text NOT NULL,
    "invoke_from" character varying(255) NOT NULL,
    "token" character varying(64) NOT NULL,
    "is_public" boolean NOT NULL,
    "definition" text NOT NULL,
    "status" character varying(20) NOT NULL,
    "created_at" timestamp without time zone NOT NULL,
    "expires_at" timestamp without time zone NOT NULL,
    "submitted_at" timestamp without time zone,
    "submitted_by_role" character varying(20),
    "submitted_by" uuid,
    "action_id" character varying(255),
    "submission" text,
    CONSTRAINT ferrify_human_input_forms_pkey PRIMARY KEY ("id"),
    CONSTRAINT ferrify_human_input_forms_execution_key UNIQUE ("node_execution_id"),
    CONSTRAINT ferrify_human_input_forms_token_key UNIQUE ("token")
);
CREATE INDEX ferrify_human_input_forms_run_idx ON ferrify_human_input_forms ("workflow_run_id");
CREATE INDEX ferrify_human_input_forms_app_idx ON ferrify_human_input_forms ("app_id");

-- Runs that wait, and when somebody has to look at them again. A row is gone when its run goes on.
CREATE TABLE ferrify_paused_runs (
    "run_id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "task_id" uuid NOT NULL,
    "mode" character varying(255) NOT NULL,
    "owner" character varying(64) NOT NULL,
    "paused_at" timestamp without time zone NOT NULL,
    "wake_at" timestamp without time zone,
    "claimed_until" timestamp without time zone,
    CONSTRAINT ferrify_paused_runs_pkey PRIMARY KEY ("run_id")
);
CREATE INDEX ferrify_paused_runs_wake_idx ON ferrify_paused_runs ("wake_at");
CREATE INDEX ferrify_paused_runs_app_idx ON ferrify_paused_runs ("app_id", "task_id");

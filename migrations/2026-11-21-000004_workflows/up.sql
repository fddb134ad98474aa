-- Workflows. Names, types and indexes are those of a Dify database, so that one can be adopted in place.

CREATE TABLE IF NOT EXISTS workflows (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "type" varchar(255) NOT NULL,
    "version" varchar(255) NOT NULL,
    "marked_name" varchar(255) NOT NULL DEFAULT '',
    "marked_comment" varchar(255) NOT NULL DEFAULT '',
    "graph" text NOT NULL,
    "features" text NOT NULL,
    "created_by" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_by" uuid,
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "environment_variables" text NOT NULL,
    "conversation_variables" text NOT NULL,
    "rag_pipeline_variables" text NOT NULL,
    CONSTRAINT workflows_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS workflow_version_idx ON workflows ("tenant_id", "app_id", "version");

CREATE TABLE IF NOT EXISTS workflow_runs (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "workflow_id" uuid NOT NULL,
    "type" varchar(255) NOT NULL,
    "triggered_from" varchar(255) NOT NULL,
    "version" varchar(255) NOT NULL,
    "graph" text,
    "inputs" text,
    "status" varchar(255) NOT NULL,
    "outputs" text,
    "error" text,
    "elapsed_time" double precision NOT NULL DEFAULT 0,
    "total_tokens" bigint NOT NULL DEFAULT 0,
    "total_steps" integer DEFAULT 0,
    "created_by_role" varchar(255) NOT NULL,
    "created_by" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "finished_at" timestamp,
    "exceptions_count" integer DEFAULT 0,
    CONSTRAINT workflow_runs_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS workflow_run_triggerd_from_idx ON workflow_runs ("tenant_id", "app_id", "triggered_from");
CREATE INDEX IF NOT EXISTS workflow_run_created_at_id_idx ON workflow_runs ("created_at", "id");

CREATE TABLE IF NOT EXISTS workflow_node_executions (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "workflow_id" uuid NOT NULL,
    "triggered_from" varchar(255) NOT NULL,
    "workflow_run_id" uuid,
    "index" integer NOT NULL,
    "predecessor_node_id" varchar(255),
    "node_execution_id" varchar(255),
    "node_id" varchar(255) NOT NULL,
    "node_type" varchar(255) NOT NULL,
    "title" varchar(255) NOT NULL,
    "inputs" text,
    "process_data" text,
    "outputs" text,
    "status" varchar(255) NOT NULL,
    "error" text,
    "elapsed_time" double precision NOT NULL DEFAULT 0,
    "execution_metadata" text,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "created_by_role" varchar(255) NOT NULL,
    "created_by" uuid NOT NULL,
    "finished_at" timestamp,
    CONSTRAINT workflow_node_executions_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS workflow_node_execution_workflow_run_id_idx ON workflow_node_executions ("workflow_run_id");
CREATE INDEX IF NOT EXISTS workflow_node_execution_node_run_idx ON workflow_node_executions ("tenant_id", "app_id", "workflow_id", "triggered_from", "node_id");
CREATE INDEX IF NOT EXISTS workflow_node_execution_id_idx ON workflow_node_executions ("tenant_id", "app_id", "workflow_id", "triggered_from", "node_execution_id");
CREATE INDEX IF NOT EXISTS workflow_node_executions_tenant_id_idx ON workflow_node_executions ("tenant_id", "workflow_id", "node_id", "created_at" DESC);

CREATE TABLE IF NOT EXISTS workflow_node_execution_offload (
    "id" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "tenant_id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "node_execution_id" uuid,
    "type" varchar(20) NOT NULL,
    "file_id" uuid NOT NULL,
    CONSTRAINT workflow_node_execution_offload_pkey PRIMARY KEY ("id"),
    CONSTRAINT workflow_node_execution_offload_node_execution_id_key UNIQUE ("node_execution_id", "type")
);

CREATE TABLE IF NOT EXISTS workflow_app_logs (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "workflow_id" uuid NOT NULL,
    "workflow_run_id" uuid NOT NULL,
    "created_from" varchar(255) NOT NULL,
    "created_by_role" varchar(255) NOT NULL,
    "created_by" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT workflow_app_logs_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS workflow_app_log_app_idx ON workflow_app_logs ("tenant_id", "app_id");
CREATE INDEX IF NOT EXISTS workflow_app_log_workflow_run_id_idx ON workflow_app_logs ("workflow_run_id");

CREATE TABLE IF NOT EXISTS workflow_conversation_variables (
    "id" uuid NOT NULL,
    "conversation_id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "data" text NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT workflow_conversation_variables_pkey PRIMARY KEY ("id", "conversation_id")
);
CREATE INDEX IF NOT EXISTS workflow_conversation_variables_conversation_id_idx ON workflow_conversation_variables ("conversation_id");
CREATE INDEX IF NOT EXISTS workflow_conversation_variables_app_id_idx ON workflow_conversation_variables ("app_id");
CREATE INDEX IF NOT EXISTS workflow_conversation_variables_created_at_idx ON workflow_conversation_variables ("created_at");

CREATE TABLE IF NOT EXISTS workflow_draft_variables (
    "id" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "app_id" uuid NOT NULL,
    "last_edited_at" timestamp,
    "node_id" varchar(255) NOT NULL,
    "name" varchar(255) NOT NULL,
    "description" varchar(255) NOT NULL,
    "selector" varchar(255) NOT NULL,
    "value_type" varchar(20) NOT NULL,
    "value" text NOT NULL,
    "visible" boolean NOT NULL,
    "editable" boolean NOT NULL,
    "node_execution_id" uuid,
    "file_id" uuid,
    "is_default_value" boolean NOT NULL,
    CONSTRAINT workflow_draft_variables_pkey PRIMARY KEY ("id"),
    CONSTRAINT workflow_draft_variables_app_id_key UNIQUE ("app_id", "node_id", "name")
);
CREATE INDEX IF NOT EXISTS workflow_draft_variable_file_id_idx ON workflow_draft_variables ("file_id");

CREATE TABLE IF NOT EXISTS workflow_draft_variable_files (
    "id" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "tenant_id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "user_id" uuid NOT NULL,
    "upload_file_id" uuid NOT NULL,
    "size" bigint NOT NULL,
    "length" integer,
    "value_type" varchar(20) NOT NULL,
    CONSTRAINT workflow_draft_variable_files_pkey PRIMARY KEY ("id")
);

CREATE TABLE IF NOT EXISTS workflow_pauses (
    "id" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "workflow_id" uuid NOT NULL,
    "workflow_run_id" uuid NOT NULL,
    "resumed_at" timestamp,
    "state_object_key" varchar(255) NOT NULL,
    CONSTRAINT workflow_pauses_pkey PRIMARY KEY ("id"),
    CONSTRAINT workflow_pauses_workflow_run_id_key UNIQUE ("workflow_run_id")
);

CREATE TABLE IF NOT EXISTS workflow_pause_reasons (
    "id" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "pause_id" uuid NOT NULL,
    "type_" varchar(20) NOT NULL,
    "form_id" varchar(36) NOT NULL,
    "message" varchar(255) NOT NULL,
    "node_id" varchar(255) NOT NULL,
    CONSTRAINT workflow_pause_reasons_pkey PRIMARY KEY ("id")
);

-- Triggers. Names, types and indexes are those of a Dify database, so that one can be adopted in place.

CREATE TABLE IF NOT EXISTS app_triggers (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "node_id" varchar(64) NOT NULL,
    "trigger_type" varchar(50) NOT NULL,
    "title" varchar(255) NOT NULL,
    "provider_name" varchar(255) DEFAULT '',
    "status" varchar(50) NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL,
    CONSTRAINT app_triggers_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS app_trigger_tenant_app_idx ON app_triggers ("tenant_id", "app_id");

CREATE TABLE IF NOT EXISTS workflow_webhook_triggers (
    "id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "node_id" varchar(64) NOT NULL,
    "tenant_id" uuid NOT NULL,
    "webhook_id" varchar(24) NOT NULL,
    "created_by" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT workflow_webhook_triggers_pkey PRIMARY KEY ("id"),
    CONSTRAINT uniq_node UNIQUE ("app_id", "node_id"),
    CONSTRAINT uniq_webhook_id UNIQUE ("webhook_id")
);
CREATE INDEX IF NOT EXISTS workflow_webhook_trigger_tenant_idx ON workflow_webhook_triggers ("tenant_id");

CREATE TABLE IF NOT EXISTS workflow_schedule_plans (
    "id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "node_id" varchar(64) NOT NULL,
    "tenant_id" uuid NOT NULL,
    "cron_expression" varchar(255) NOT NULL,
    "timezone" varchar(64) NOT NULL,
    "next_run_at" timestamp,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT workflow_schedule_plans_pkey PRIMARY KEY ("id"),
    CONSTRAINT uniq_app_node UNIQUE ("app_id", "node_id")
);
CREATE INDEX IF NOT EXISTS workflow_schedule_plan_next_idx ON workflow_schedule_plans ("next_run_at");

CREATE TABLE IF NOT EXISTS workflow_plugin_triggers (
    "id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "node_id" varchar(64) NOT NULL,
    "tenant_id" uuid NOT NULL,
    "provider_id" varchar(512) NOT NULL,
    "event_name" varchar(255) NOT NULL,
    "subscription_id" varchar(255) NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT workflow_plugin_triggers_pkey PRIMARY KEY ("id"),
    CONSTRAINT uniq_app_node_subscription UNIQUE ("app_id", "node_id")
);
CREATE INDEX IF NOT EXISTS workflow_plugin_trigger_tenant_subscription_idx ON workflow_plugin_triggers ("tenant_id", "subscription_id", "event_name");

CREATE TABLE IF NOT EXISTS trigger_subscriptions (
    "id" uuid NOT NULL,
    "name" varchar(255) NOT NULL,
    "tenant_id" uuid NOT NULL,
    "user_id" uuid NOT NULL,
    "provider_id" varchar(255) NOT NULL,
    "endpoint_id" varchar(255) NOT NULL,
    "parameters" json NOT NULL,
    "properties" json NOT NULL,
    "credentials" json NOT NULL,
    "credential_type" varchar(50) NOT NULL,
    "credential_expires_at" integer NOT NULL,
    "expires_at" integer NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT trigger_subscriptions_pkey PRIMARY KEY ("id"),
    CONSTRAINT unique_trigger_provider UNIQUE ("tenant_id", "provider_id", "name")
);
CREATE INDEX IF NOT EXISTS idx_trigger_providers_tenant_provider ON trigger_subscriptions ("tenant_id", "provider_id");
CREATE UNIQUE INDEX IF NOT EXISTS idx_trigger_providers_endpoint ON trigger_subscriptions ("endpoint_id");
CREATE INDEX IF NOT EXISTS idx_trigger_providers_tenant_endpoint ON trigger_subscriptions ("tenant_id", "endpoint_id");

CREATE TABLE IF NOT EXISTS trigger_oauth_tenant_clients (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "plugin_id" varchar(255) NOT NULL,
    "provider" varchar(255) NOT NULL,
    "enabled" boolean NOT NULL DEFAULT true,
    "encrypted_oauth_params" text NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT trigger_oauth_tenant_clients_pkey PRIMARY KEY ("id"),
    CONSTRAINT unique_trigger_oauth_tenant_client UNIQUE ("tenant_id", "plugin_id", "provider")
);

CREATE TABLE IF NOT EXISTS workflow_trigger_logs (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "workflow_id" uuid NOT NULL,
    "workflow_run_id" uuid,
    "root_node_id" varchar(255),
    "trigger_metadata" text NOT NULL,
    "trigger_type" varchar(50) NOT NULL,
    "trigger_data" text NOT NULL,
    "inputs" text NOT NULL,
    "outputs" text,
    "status" varchar(50) NOT NULL,
    "error" text,
    "queue_name" varchar(100) NOT NULL,
    "celery_task_id" varchar(255),
    "created_by_role" varchar(255) NOT NULL,
    "created_by" varchar(255) NOT NULL,
    "retry_count" integer NOT NULL,
    "elapsed_time" double precision,
    "total_tokens" integer,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "triggered_at" timestamp,
    "finished_at" timestamp,
    CONSTRAINT workflow_trigger_logs_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS workflow_trigger_log_tenant_app_idx ON workflow_trigger_logs ("tenant_id", "app_id");
CREATE INDEX IF NOT EXISTS workflow_trigger_log_status_idx ON workflow_trigger_logs ("status");
CREATE INDEX IF NOT EXISTS workflow_trigger_log_created_at_idx ON workflow_trigger_logs ("created_at");
CREATE INDEX IF NOT EXISTS workflow_trigger_log_workflow_run_idx ON workflow_trigger_logs ("workflow_run_id");
CREATE INDEX IF NOT EXISTS workflow_trigger_log_workflow_id_idx ON workflow_trigger_logs ("workflow_id");

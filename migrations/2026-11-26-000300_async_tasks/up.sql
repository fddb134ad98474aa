-- Runs that were asked for with `response_mode: "async"`: what came of them, and who is to be told.
CREATE TABLE ferrify_async_tasks (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "end_user_id" uuid NOT NULL,
    "mode" character varying(255) NOT NULL,
    "message_id" uuid,
    "conversation_id" uuid,
    "workflow_run_id" uuid,
    "status" character varying(20) NOT NULL,
    "result" text,
    "callback_url" text,
    "created_at" timestamp without time zone NOT NULL,
    "looked_at" timestamp without time zone NOT NULL,
    "finished_at" timestamp without time zone,
    CONSTRAINT ferrify_async_tasks_pkey PRIMARY KEY ("id")
);
CREATE INDEX ferrify_async_tasks_open_idx ON ferrify_async_tasks ("looked_at") WHERE "finished_at" IS NULL;
CREATE INDEX ferrify_async_tasks_finished_at_idx ON ferrify_async_tasks ("finished_at") WHERE "finished_at" IS NOT NULL;
CREATE INDEX ferrify_async_tasks_app_id_idx ON ferrify_async_tasks ("app_id");

-- Conversations. Names, types and indexes are those of a Dify database, so that one can be adopted in place.

CREATE TABLE IF NOT EXISTS conversations (
    "id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "app_model_config_id" uuid,
    "model_provider" varchar(255),
    "override_model_configs" text,
    "model_id" varchar(255),
    "mode" varchar(255) NOT NULL,
    "name" varchar(255) NOT NULL,
    "summary" text,
    "inputs" json NOT NULL,
    "introduction" text,
    "system_instruction" text,
    "system_instruction_tokens" integer NOT NULL DEFAULT 0,
    "status" varchar(255) NOT NULL,
    "invoke_from" varchar(255),
    "from_source" varchar(255) NOT NULL,
    "from_end_user_id" uuid,
    "from_account_id" uuid,
    "read_at" timestamp,
    "read_account_id" uuid,
    "dialogue_count" integer NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "is_deleted" boolean NOT NULL DEFAULT false,
    CONSTRAINT conversations_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS conversation_app_from_user_idx ON conversations ("app_id", "from_source", "from_end_user_id");

CREATE TABLE IF NOT EXISTS messages (
    "id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "model_provider" varchar(255),
    "model_id" varchar(255),
    "override_model_configs" text,
    "conversation_id" uuid NOT NULL,
    "inputs" json NOT NULL,
    "query" text NOT NULL,
    "message" json NOT NULL,
    "message_tokens" integer NOT NULL DEFAULT 0,
    "message_unit_price" numeric(10,4) NOT NULL,
    "message_price_unit" numeric(10,7) NOT NULL DEFAULT 0.001,
    "answer" text NOT NULL,
    "answer_tokens" integer NOT NULL DEFAULT 0,
    "answer_unit_price" numeric(10,4) NOT NULL,
    "answer_price_unit" numeric(10,7) NOT NULL DEFAULT 0.001,
    "parent_message_id" uuid,
    "provider_response_latency" double precision NOT NULL DEFAULT 0,
    "total_price" numeric(10,7),
    "currency" varchar(255) NOT NULL,
    "status" varchar(255) NOT NULL DEFAULT 'normal',
    "error" text,
    "message_metadata" text,
    "invoke_from" varchar(255),
    "from_source" varchar(255) NOT NULL,
    "from_end_user_id" uuid,
    "from_account_id" uuid,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "agent_based" boolean NOT NULL DEFAULT false,
    "workflow_run_id" uuid,
    "app_mode" varchar(255),
    CONSTRAINT messages_pkey PRIMARY KEY ("id"),
    CONSTRAINT messages_conversation_id_fkey FOREIGN KEY ("conversation_id") REFERENCES conversations ("id")
);
CREATE INDEX IF NOT EXISTS message_app_id_idx ON messages ("app_id", "created_at");
CREATE INDEX IF NOT EXISTS message_conversation_id_idx ON messages ("conversation_id");
CREATE INDEX IF NOT EXISTS message_end_user_idx ON messages ("app_id", "from_source", "from_end_user_id");
CREATE INDEX IF NOT EXISTS message_account_idx ON messages ("app_id", "from_source", "from_account_id");
CREATE INDEX IF NOT EXISTS message_workflow_run_id_idx ON messages ("conversation_id", "workflow_run_id");
CREATE INDEX IF NOT EXISTS message_created_at_idx ON messages ("created_at");
CREATE INDEX IF NOT EXISTS message_app_mode_idx ON messages ("app_mode");
CREATE INDEX IF NOT EXISTS message_created_at_id_idx ON messages ("created_at", "id");

CREATE TABLE IF NOT EXISTS message_files (
    "id" uuid NOT NULL,
    "message_id" uuid NOT NULL,
    "type" varchar(255) NOT NULL,
    "transfer_method" varchar(255) NOT NULL,
    "created_by_role" varchar(255) NOT NULL,
    "created_by" uuid NOT NULL,
    "belongs_to" varchar(255),
    "url" text,
    "upload_file_id" uuid,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT message_files_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS message_file_message_idx ON message_files ("message_id");
CREATE INDEX IF NOT EXISTS message_file_created_by_idx ON message_files ("created_by");

CREATE TABLE IF NOT EXISTS message_feedbacks (
    "id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "conversation_id" uuid NOT NULL,
    "message_id" uuid NOT NULL,
    "rating" varchar(255) NOT NULL,
    "from_source" varchar(255) NOT NULL,
    "content" text,
    "from_end_user_id" uuid,
    "from_account_id" uuid,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT message_feedbacks_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS message_feedback_app_idx ON message_feedbacks ("app_id");
CREATE INDEX IF NOT EXISTS message_feedback_message_idx ON message_feedbacks ("message_id", "from_source");
CREATE INDEX IF NOT EXISTS message_feedback_conversation_idx ON message_feedbacks ("conversation_id", "from_source", "rating");

CREATE TABLE IF NOT EXISTS message_annotations (
    "id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "conversation_id" uuid,
    "message_id" uuid,
    "question" text NOT NULL,
    "content" text NOT NULL,
    "hit_count" integer NOT NULL DEFAULT 0,
    "account_id" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT message_annotations_pkey PRIMARY KEY ("id"),
    CONSTRAINT message_annotations_conversation_id_fkey FOREIGN KEY ("conversation_id") REFERENCES conversations ("id")
);
CREATE INDEX IF NOT EXISTS message_annotation_app_idx ON message_annotations ("app_id");
CREATE INDEX IF NOT EXISTS message_annotation_conversation_idx ON message_annotations ("conversation_id");
CREATE INDEX IF NOT EXISTS message_annotation_message_idx ON message_annotations ("message_id");

CREATE TABLE IF NOT EXISTS app_annotation_hit_histories (
    "id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "annotation_id" uuid NOT NULL,
    "source" text NOT NULL,
    "question" text NOT NULL,
    "account_id" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "score" double precision NOT NULL DEFAULT 0,
    "message_id" uuid NOT NULL,
    "annotation_question" text NOT NULL,
    "annotation_content" text NOT NULL,
    CONSTRAINT app_annotation_hit_histories_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS app_annotation_hit_histories_app_idx ON app_annotation_hit_histories ("app_id");
CREATE INDEX IF NOT EXISTS app_annotation_hit_histories_account_idx ON app_annotation_hit_histories ("account_id");
CREATE INDEX IF NOT EXISTS app_annotation_hit_histories_annotation_idx ON app_annotation_hit_histories ("annotation_id");
CREATE INDEX IF NOT EXISTS app_annotation_hit_histories_message_idx ON app_annotation_hit_histories ("message_id");

CREATE TABLE IF NOT EXISTS message_agent_thoughts (
    "id" uuid NOT NULL,
    "message_id" uuid NOT NULL,
    "position" integer NOT NULL,
    "created_by_role" varchar(255) NOT NULL,
    "created_by" uuid NOT NULL,
    "message_chain_id" uuid,
    "thought" text,
    "tool" text,
    "tool_labels_str" text NOT NULL,
    "tool_meta_str" text NOT NULL,
    "tool_input" text,
    "observation" text,
    "tool_process_data" text,
    "message" text,
    "message_token" integer,
    "message_unit_price" numeric,
    "message_price_unit" numeric(10,7) NOT NULL DEFAULT 0.001,
    "message_files" text,
    "answer" text,
    "answer_token" integer,
    "answer_unit_price" numeric,
    "answer_price_unit" numeric(10,7) NOT NULL DEFAULT 0.001,
    "tokens" integer,
    "total_price" numeric,
    "currency" varchar(255),
    "latency" double precision,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT message_agent_thoughts_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS message_agent_thought_message_id_idx ON message_agent_thoughts ("message_id");
CREATE INDEX IF NOT EXISTS message_agent_thought_message_chain_id_idx ON message_agent_thoughts ("message_chain_id");

CREATE TABLE IF NOT EXISTS saved_messages (
    "id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "message_id" uuid NOT NULL,
    "created_by_role" varchar(255) NOT NULL DEFAULT 'end_user',
    "created_by" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT saved_messages_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS saved_message_message_idx ON saved_messages ("app_id", "message_id", "created_by_role", "created_by");

CREATE TABLE IF NOT EXISTS pinned_conversations (
    "id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "conversation_id" uuid NOT NULL,
    "created_by_role" varchar(255) NOT NULL DEFAULT 'end_user',
    "created_by" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT pinned_conversations_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS pinned_conversation_conversation_idx ON pinned_conversations ("app_id", "conversation_id", "created_by_role", "created_by");

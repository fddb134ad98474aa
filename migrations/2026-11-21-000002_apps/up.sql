-- Apps. Names, types and indexes are those of a Dify database, so that one can be adopted in place.

CREATE TABLE IF NOT EXISTS apps (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "name" varchar(255) NOT NULL,
    "description" text NOT NULL,
    "mode" varchar(255) NOT NULL,
    "icon_type" varchar(255),
    "icon" varchar(255),
    "icon_background" varchar(255),
    "app_model_config_id" uuid,
    "workflow_id" uuid,
    "status" varchar(255) NOT NULL DEFAULT 'normal',
    "enable_site" boolean NOT NULL,
    "enable_api" boolean NOT NULL,
    "api_rpm" integer NOT NULL DEFAULT 0,
    "api_rph" integer NOT NULL DEFAULT 0,
    "is_demo" boolean NOT NULL DEFAULT false,
    "is_public" boolean NOT NULL DEFAULT false,
    "is_universal" boolean NOT NULL DEFAULT false,
    "tracing" text,
    "max_active_requests" integer,
    "created_by" uuid,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_by" uuid,
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "use_icon_as_answer_icon" boolean NOT NULL DEFAULT false,
    CONSTRAINT apps_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS app_tenant_id_idx ON apps ("tenant_id");

CREATE TABLE IF NOT EXISTS app_model_configs (
    "id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "provider" varchar(255),
    "model_id" varchar(255),
    "configs" json,
    "created_by" uuid,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_by" uuid,
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "opening_statement" text,
    "suggested_questions" text,
    "suggested_questions_after_answer" text,
    "speech_to_text" text,
    "text_to_speech" text,
    "more_like_this" text,
    "model" text,
    "user_input_form" text,
    "dataset_query_variable" varchar(255),
    "pre_prompt" text,
    "agent_mode" text,
    "sensitive_word_avoidance" text,
    "retriever_resource" text,
    "prompt_type" varchar(255) NOT NULL DEFAULT 'simple',
    "chat_prompt_config" text,
    "completion_prompt_config" text,
    "dataset_configs" text,
    "external_data_tools" text,
    "file_upload" text,
    CONSTRAINT app_model_configs_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS app_app_id_idx ON app_model_configs ("app_id");

CREATE TABLE IF NOT EXISTS sites (
    "id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "title" varchar(255) NOT NULL,
    "icon_type" varchar(255),
    "icon" varchar(255),
    "icon_background" varchar(255),
    "description" text,
    "default_language" varchar(255) NOT NULL,
    "chat_color_theme" varchar(255),
    "chat_color_theme_inverted" boolean NOT NULL DEFAULT false,
    "copyright" varchar(255),
    "privacy_policy" varchar(255),
    "show_workflow_steps" boolean NOT NULL DEFAULT true,
    "use_icon_as_answer_icon" boolean NOT NULL DEFAULT false,
    "custom_disclaimer" text NOT NULL,
    "customize_domain" varchar(255),
    "customize_token_strategy" varchar(255) NOT NULL,
    "prompt_public" boolean NOT NULL DEFAULT false,
    "status" varchar(255) NOT NULL DEFAULT 'normal',
    "created_by" uuid,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_by" uuid,
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "code" varchar(255),
    CONSTRAINT sites_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS site_app_id_idx ON sites ("app_id");
CREATE INDEX IF NOT EXISTS site_code_idx ON sites ("code", "status");

CREATE TABLE IF NOT EXISTS api_tokens (
    "id" uuid NOT NULL,
    "app_id" uuid,
    "tenant_id" uuid,
    "type" varchar(16) NOT NULL,
    "token" varchar(255) NOT NULL,
    "last_used_at" timestamp,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT api_tokens_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS api_token_app_id_type_idx ON api_tokens ("app_id", "type");
CREATE INDEX IF NOT EXISTS api_token_token_idx ON api_tokens ("token", "type");
CREATE INDEX IF NOT EXISTS api_token_tenant_idx ON api_tokens ("tenant_id", "type");

CREATE TABLE IF NOT EXISTS app_dataset_joins (
    "id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "dataset_id" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT app_dataset_joins_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS app_dataset_join_app_dataset_idx ON app_dataset_joins ("dataset_id", "app_id");

CREATE TABLE IF NOT EXISTS installed_apps (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "app_owner_tenant_id" uuid NOT NULL,
    "position" integer NOT NULL,
    "is_pinned" boolean NOT NULL DEFAULT false,
    "last_used_at" timestamp,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT installed_apps_pkey PRIMARY KEY ("id"),
    CONSTRAINT unique_tenant_app UNIQUE ("tenant_id", "app_id")
);
CREATE INDEX IF NOT EXISTS installed_app_tenant_id_idx ON installed_apps ("tenant_id");
CREATE INDEX IF NOT EXISTS installed_app_app_id_idx ON installed_apps ("app_id");

CREATE TABLE IF NOT EXISTS recommended_apps (
    "id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "description" json NOT NULL,
    "copyright" varchar(255) NOT NULL,
    "privacy_policy" varchar(255) NOT NULL,
    "custom_disclaimer" text NOT NULL,
    "category" varchar(255) NOT NULL,
    "position" integer NOT NULL,
    "is_listed" boolean NOT NULL,
    "install_count" integer NOT NULL,
    "language" varchar(255) NOT NULL DEFAULT 'en-US',
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT recommended_apps_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS recommended_app_app_id_idx ON recommended_apps ("app_id");
CREATE INDEX IF NOT EXISTS recommended_app_is_listed_idx ON recommended_apps ("is_listed", "language");

CREATE TABLE IF NOT EXISTS tags (
    "id" uuid NOT NULL,
    "tenant_id" uuid,
    "type" varchar(16) NOT NULL,
    "name" varchar(255) NOT NULL,
    "created_by" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT tags_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS tag_type_idx ON tags ("type");
CREATE INDEX IF NOT EXISTS tag_name_idx ON tags ("name");

CREATE TABLE IF NOT EXISTS tag_bindings (
    "id" uuid NOT NULL,
    "tenant_id" uuid,
    "tag_id" uuid,
    "target_id" uuid,
    "created_by" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT tag_bindings_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS tag_bind_target_id_idx ON tag_bindings ("target_id");
CREATE INDEX IF NOT EXISTS tag_bind_tag_id_idx ON tag_bindings ("tag_id");

CREATE TABLE IF NOT EXISTS end_users (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "app_id" uuid,
    "type" varchar(255) NOT NULL,
    "external_user_id" varchar(255),
    "name" varchar(255),
    "is_anonymous" boolean NOT NULL DEFAULT true,
    "session_id" varchar(255) NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT end_users_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS end_user_session_id_idx ON end_users ("session_id", "type");
CREATE INDEX IF NOT EXISTS end_user_tenant_session_id_idx ON end_users ("tenant_id", "session_id", "type");

CREATE TABLE IF NOT EXISTS app_mcp_servers (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "name" varchar(255) NOT NULL,
    "description" varchar(255) NOT NULL,
    "server_code" varchar(255) NOT NULL,
    "status" varchar(255) NOT NULL DEFAULT 'normal',
    "parameters" text NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT app_mcp_servers_pkey PRIMARY KEY ("id"),
    CONSTRAINT unique_app_mcp_server_tenant_app_id UNIQUE ("tenant_id", "app_id"),
    CONSTRAINT unique_app_mcp_server_server_code UNIQUE ("server_code")
);

CREATE TABLE IF NOT EXISTS app_annotation_settings (
    "id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "score_threshold" double precision NOT NULL DEFAULT 0,
    "collection_binding_id" uuid NOT NULL,
    "created_user_id" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_user_id" uuid NOT NULL,
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT app_annotation_settings_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS app_annotation_settings_app_idx ON app_annotation_settings ("app_id");

CREATE TABLE IF NOT EXISTS api_based_extensions (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "name" varchar(255) NOT NULL,
    "api_endpoint" varchar(255) NOT NULL,
    "api_key" text NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT api_based_extensions_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS api_based_extension_tenant_idx ON api_based_extensions ("tenant_id");

CREATE TABLE IF NOT EXISTS trace_app_config (
    "id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "tracing_provider" varchar(255),
    "tracing_config" json,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "is_active" boolean NOT NULL DEFAULT true,
    CONSTRAINT trace_app_config_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS trace_app_config_app_id_idx ON trace_app_config ("app_id");

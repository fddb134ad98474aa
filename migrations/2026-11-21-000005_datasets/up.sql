-- Datasets. Names, types and indexes are those of a Dify database, so that one can be adopted in place.

CREATE TABLE IF NOT EXISTS datasets (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "name" varchar(255) NOT NULL,
    "description" text,
    "provider" varchar(255) NOT NULL DEFAULT 'vendor',
    "permission" varchar(255) NOT NULL DEFAULT 'only_me',
    "data_source_type" varchar(255),
    "indexing_technique" varchar(255),
    "index_struct" text,
    "created_by" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_by" uuid,
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "embedding_model" varchar(255),
    "embedding_model_provider" varchar(255),
    "keyword_number" integer DEFAULT 10,
    "collection_binding_id" uuid,
    "retrieval_model" jsonb,
    "summary_index_setting" jsonb,
    "built_in_field_enabled" boolean NOT NULL DEFAULT false,
    "icon_info" jsonb,
    "runtime_mode" varchar(255) DEFAULT 'general',
    "pipeline_id" uuid,
    "chunk_structure" varchar(255),
    "enable_api" boolean NOT NULL DEFAULT true,
    "is_multimodal" boolean NOT NULL DEFAULT false,
    CONSTRAINT datasets_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS dataset_tenant_idx ON datasets ("tenant_id");
CREATE INDEX IF NOT EXISTS retrieval_model_idx ON datasets USING gin ("retrieval_model");

CREATE TABLE IF NOT EXISTS dataset_process_rules (
    "id" uuid NOT NULL,
    "dataset_id" uuid NOT NULL,
    "mode" varchar(255) NOT NULL DEFAULT 'automatic',
    "rules" text,
    "created_by" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT dataset_process_rules_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS dataset_process_rule_dataset_id_idx ON dataset_process_rules ("dataset_id");

CREATE TABLE IF NOT EXISTS documents (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "dataset_id" uuid NOT NULL,
    "position" integer NOT NULL,
    "data_source_type" varchar(255) NOT NULL,
    "data_source_info" text,
    "dataset_process_rule_id" uuid,
    "batch" varchar(255) NOT NULL,
    "name" varchar(255) NOT NULL,
    "created_from" varchar(255) NOT NULL,
    "created_by" uuid NOT NULL,
    "created_api_request_id" uuid,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "processing_started_at" timestamp,
    "file_id" text,
    "word_count" integer,
    "parsing_completed_at" timestamp,
    "cleaning_completed_at" timestamp,
    "splitting_completed_at" timestamp,
    "tokens" integer,
    "indexing_latency" double precision,
    "completed_at" timestamp,
    "is_paused" boolean DEFAULT false,
    "paused_by" uuid,
    "paused_at" timestamp,
    "error" text,
    "stopped_at" timestamp,
    "indexing_status" varchar(255) NOT NULL DEFAULT 'waiting',
    "enabled" boolean NOT NULL DEFAULT true,
    "disabled_at" timestamp,
    "disabled_by" uuid,
    "archived" boolean NOT NULL DEFAULT false,
    "archived_reason" varchar(255),
    "archived_by" uuid,
    "archived_at" timestamp,
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "doc_type" varchar(40),
    "doc_metadata" jsonb,
    "doc_form" varchar(255) NOT NULL DEFAULT 'text_model',
    "doc_language" varchar(255),
    "need_summary" boolean NOT NULL DEFAULT false,
    CONSTRAINT documents_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS document_dataset_id_idx ON documents ("dataset_id");
CREATE INDEX IF NOT EXISTS document_is_paused_idx ON documents ("is_paused");
CREATE INDEX IF NOT EXISTS document_tenant_idx ON documents ("tenant_id");
CREATE INDEX IF NOT EXISTS document_metadata_idx ON documents USING gin ("doc_metadata");

CREATE TABLE IF NOT EXISTS document_segments (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "dataset_id" uuid NOT NULL,
    "document_id" uuid NOT NULL,
    "position" integer NOT NULL,
    "content" text NOT NULL,
    "answer" text,
    "word_count" integer NOT NULL,
    "tokens" integer NOT NULL,
    "keywords" json,
    "index_node_id" varchar(255),
    "index_node_hash" varchar(255),
    "hit_count" integer NOT NULL,
    "enabled" boolean NOT NULL DEFAULT true,
    "disabled_at" timestamp,
    "disabled_by" uuid,
    "status" varchar(255) NOT NULL DEFAULT 'waiting',
    "created_by" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_by" uuid,
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "indexing_at" timestamp,
    "completed_at" timestamp,
    "error" text,
    "stopped_at" timestamp,
    CONSTRAINT document_segments_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS document_segment_dataset_id_idx ON document_segments ("dataset_id");
CREATE INDEX IF NOT EXISTS document_segment_document_id_idx ON document_segments ("document_id");
CREATE INDEX IF NOT EXISTS document_segment_tenant_dataset_idx ON document_segments ("dataset_id", "tenant_id");
CREATE INDEX IF NOT EXISTS document_segment_tenant_document_idx ON document_segments ("document_id", "tenant_id");
CREATE INDEX IF NOT EXISTS document_segment_node_dataset_idx ON document_segments ("index_node_id", "dataset_id");
CREATE INDEX IF NOT EXISTS document_segment_tenant_idx ON document_segments ("tenant_id");

CREATE TABLE IF NOT EXISTS child_chunks (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "dataset_id" uuid NOT NULL,
    "document_id" uuid NOT NULL,
    "segment_id" uuid NOT NULL,
    "position" integer NOT NULL,
    "content" text NOT NULL,
    "word_count" integer NOT NULL,
    "index_node_id" varchar(255),
    "index_node_hash" varchar(255),
    "type" varchar(255) NOT NULL DEFAULT 'automatic',
    "created_by" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_by" uuid,
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "indexing_at" timestamp,
    "completed_at" timestamp,
    "error" text,
    CONSTRAINT child_chunks_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS child_chunk_dataset_id_idx ON child_chunks ("tenant_id", "dataset_id", "document_id", "segment_id", "index_node_id");
CREATE INDEX IF NOT EXISTS child_chunks_node_idx ON child_chunks ("index_node_id", "dataset_id");
CREATE INDEX IF NOT EXISTS child_chunks_segment_idx ON child_chunks ("segment_id");

CREATE TABLE IF NOT EXISTS dataset_keyword_tables (
    "id" uuid NOT NULL,
    "dataset_id" uuid NOT NULL,
    "keyword_table" text NOT NULL,
    "data_source_type" varchar(255) NOT NULL DEFAULT 'database',
    CONSTRAINT dataset_keyword_tables_pkey PRIMARY KEY ("id"),
    CONSTRAINT dataset_keyword_tables_dataset_id_key UNIQUE ("dataset_id")
);
CREATE INDEX IF NOT EXISTS dataset_keyword_table_dataset_id_idx ON dataset_keyword_tables ("dataset_id");

CREATE TABLE IF NOT EXISTS dataset_collection_bindings (
    "id" uuid NOT NULL,
    "provider_name" varchar(255) NOT NULL,
    "model_name" varchar(255) NOT NULL,
    "type" varchar(40) NOT NULL DEFAULT 'dataset',
    "collection_name" varchar(64) NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT dataset_collection_bindings_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS provider_model_name_idx ON dataset_collection_bindings ("provider_name", "model_name");

CREATE TABLE IF NOT EXISTS dataset_permissions (
    "id" uuid NOT NULL,
    "dataset_id" uuid NOT NULL,
    "account_id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "has_permission" boolean NOT NULL DEFAULT true,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT dataset_permissions_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS idx_dataset_permissions_dataset_id ON dataset_permissions ("dataset_id");
CREATE INDEX IF NOT EXISTS idx_dataset_permissions_account_id ON dataset_permissions ("account_id");
CREATE INDEX IF NOT EXISTS idx_dataset_permissions_tenant_id ON dataset_permissions ("tenant_id");

CREATE TABLE IF NOT EXISTS dataset_queries (
    "id" uuid NOT NULL,
    "dataset_id" uuid NOT NULL,
    "content" text NOT NULL,
    "source" varchar(255) NOT NULL,
    "source_app_id" uuid,
    "created_by_role" varchar(255) NOT NULL,
    "created_by" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT dataset_queries_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS dataset_query_dataset_id_idx ON dataset_queries ("dataset_id");

CREATE TABLE IF NOT EXISTS dataset_metadatas (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "dataset_id" uuid NOT NULL,
    "type" varchar(255) NOT NULL,
    "name" varchar(255) NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "created_by" uuid NOT NULL,
    "updated_by" uuid,
    CONSTRAINT dataset_metadatas_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS dataset_metadata_tenant_idx ON dataset_metadatas ("tenant_id");
CREATE INDEX IF NOT EXISTS dataset_metadata_dataset_idx ON dataset_metadatas ("dataset_id");

CREATE TABLE IF NOT EXISTS dataset_metadata_bindings (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "dataset_id" uuid NOT NULL,
    "metadata_id" uuid NOT NULL,
    "document_id" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "created_by" uuid NOT NULL,
    CONSTRAINT dataset_metadata_bindings_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS dataset_metadata_binding_tenant_idx ON dataset_metadata_bindings ("tenant_id");
CREATE INDEX IF NOT EXISTS dataset_metadata_binding_dataset_idx ON dataset_metadata_bindings ("dataset_id");
CREATE INDEX IF NOT EXISTS dataset_metadata_binding_metadata_idx ON dataset_metadata_bindings ("metadata_id");
CREATE INDEX IF NOT EXISTS dataset_metadata_binding_document_idx ON dataset_metadata_bindings ("document_id");

CREATE TABLE IF NOT EXISTS external_knowledge_apis (
    "id" uuid NOT NULL,
    "name" varchar(255) NOT NULL,
    "description" varchar(255) NOT NULL,
    "tenant_id" uuid NOT NULL,
    "settings" text,
    "created_by" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_by" uuid,
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT external_knowledge_apis_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS external_knowledge_apis_tenant_idx ON external_knowledge_apis ("tenant_id");
CREATE INDEX IF NOT EXISTS external_knowledge_apis_name_idx ON external_knowledge_apis ("name");

CREATE TABLE IF NOT EXISTS external_knowledge_bindings (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "external_knowledge_api_id" uuid NOT NULL,
    "dataset_id" uuid NOT NULL,
    "external_knowledge_id" varchar(512) NOT NULL,
    "created_by" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_by" uuid,
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT external_knowledge_bindings_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS external_knowledge_bindings_tenant_idx ON external_knowledge_bindings ("tenant_id");
CREATE INDEX IF NOT EXISTS external_knowledge_bindings_dataset_idx ON external_knowledge_bindings ("dataset_id");
CREATE INDEX IF NOT EXISTS external_knowledge_bindings_external_knowledge_idx ON external_knowledge_bindings ("external_knowledge_id");
CREATE INDEX IF NOT EXISTS external_knowledge_bindings_external_knowledge_api_idx ON external_knowledge_bindings ("external_knowledge_api_id");

CREATE TABLE IF NOT EXISTS segment_attachment_bindings (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "dataset_id" uuid NOT NULL,
    "document_id" uuid NOT NULL,
    "segment_id" uuid NOT NULL,
    "attachment_id" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT segment_attachment_bindings_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS segment_attachment_binding_tenant_dataset_document_segment_idx ON segment_attachment_bindings ("tenant_id", "dataset_id", "document_id", "segment_id");
CREATE INDEX IF NOT EXISTS segment_attachment_binding_attachment_idx ON segment_attachment_bindings ("attachment_id");

CREATE TABLE IF NOT EXISTS document_segment_summaries (
    "id" uuid NOT NULL,
    "dataset_id" uuid NOT NULL,
    "document_id" uuid NOT NULL,
    "chunk_id" uuid NOT NULL,
    "summary_content" text,
    "summary_index_node_id" varchar(255),
    "summary_index_node_hash" varchar(255),
    "tokens" integer,
    "status" varchar(32) NOT NULL DEFAULT 'generating',
    "error" text,
    "enabled" boolean NOT NULL DEFAULT true,
    "disabled_at" timestamp,
    "disabled_by" uuid,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT document_segment_summaries_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS document_segment_summaries_dataset_id_idx ON document_segment_summaries ("dataset_id");
CREATE INDEX IF NOT EXISTS document_segment_summaries_document_id_idx ON document_segment_summaries ("document_id");
CREATE INDEX IF NOT EXISTS document_segment_summaries_chunk_id_idx ON document_segment_summaries ("chunk_id");
CREATE INDEX IF NOT EXISTS document_segment_summaries_status_idx ON document_segment_summaries ("status");

CREATE TABLE IF NOT EXISTS pipelines (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "name" varchar(255) NOT NULL,
    "description" text NOT NULL,
    "workflow_id" uuid,
    "is_public" boolean NOT NULL DEFAULT false,
    "is_published" boolean NOT NULL DEFAULT false,
    "created_by" uuid,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_by" uuid,
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT pipelines_pkey PRIMARY KEY ("id")
);

CREATE TABLE IF NOT EXISTS pipeline_built_in_templates (
    "id" uuid NOT NULL,
    "name" varchar(255) NOT NULL,
    "description" text NOT NULL,
    "chunk_structure" varchar(255) NOT NULL,
    "icon" json NOT NULL,
    "yaml_content" text NOT NULL,
    "copyright" varchar(255) NOT NULL,
    "privacy_policy" varchar(255) NOT NULL,
    "position" integer NOT NULL,
    "install_count" integer NOT NULL,
    "language" varchar(255) NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT pipeline_built_in_templates_pkey PRIMARY KEY ("id")
);

CREATE TABLE IF NOT EXISTS pipeline_customized_templates (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "name" varchar(255) NOT NULL,
    "description" text NOT NULL,
    "chunk_structure" varchar(255) NOT NULL,
    "icon" json NOT NULL,
    "position" integer NOT NULL,
    "yaml_content" text NOT NULL,
    "install_count" integer NOT NULL,
    "language" varchar(255) NOT NULL,
    "created_by" uuid NOT NULL,
    "updated_by" uuid,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT pipeline_customized_templates_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS pipeline_customized_template_tenant_idx ON pipeline_customized_templates ("tenant_id");

CREATE TABLE IF NOT EXISTS document_pipeline_execution_logs (
    "id" uuid NOT NULL,
    "pipeline_id" uuid NOT NULL,
    "document_id" uuid NOT NULL,
    "datasource_type" varchar(255) NOT NULL,
    "datasource_info" text NOT NULL,
    "datasource_node_id" varchar(255) NOT NULL,
    "input_data" json NOT NULL,
    "created_by" uuid,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT document_pipeline_execution_logs_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS document_pipeline_execution_logs_document_id_idx ON document_pipeline_execution_logs ("document_id");

CREATE TABLE IF NOT EXISTS data_source_oauth_bindings (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "access_token" varchar(255) NOT NULL,
    "provider" varchar(255) NOT NULL,
    "source_info" jsonb NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "disabled" boolean DEFAULT false,
    CONSTRAINT data_source_oauth_bindings_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS source_binding_tenant_id_idx ON data_source_oauth_bindings ("tenant_id");
CREATE INDEX IF NOT EXISTS source_info_idx ON data_source_oauth_bindings USING gin ("source_info");

CREATE TABLE IF NOT EXISTS data_source_api_key_auth_bindings (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "category" varchar(255) NOT NULL,
    "provider" varchar(255) NOT NULL,
    "credentials" text,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "disabled" boolean DEFAULT false,
    CONSTRAINT data_source_api_key_auth_bindings_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS data_source_api_key_auth_binding_tenant_id_idx ON data_source_api_key_auth_bindings ("tenant_id");
CREATE INDEX IF NOT EXISTS data_source_api_key_auth_binding_provider_idx ON data_source_api_key_auth_bindings ("provider");

CREATE TABLE IF NOT EXISTS datasource_providers (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "name" varchar(255) NOT NULL,
    "provider" varchar(128) NOT NULL,
    "plugin_id" varchar(255) NOT NULL,
    "auth_type" varchar(255) NOT NULL,
    "encrypted_credentials" jsonb NOT NULL,
    "avatar_url" text,
    "is_default" boolean NOT NULL DEFAULT false,
    "expires_at" integer NOT NULL DEFAULT -1,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT datasource_providers_pkey PRIMARY KEY ("id"),
    CONSTRAINT datasource_provider_unique_name UNIQUE ("tenant_id", "plugin_id", "provider", "name")
);
CREATE INDEX IF NOT EXISTS datasource_provider_auth_type_provider_idx ON datasource_providers ("tenant_id", "plugin_id", "provider");

CREATE TABLE IF NOT EXISTS datasource_oauth_tenant_params (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "provider" varchar(255) NOT NULL,
    "plugin_id" varchar(255) NOT NULL,
    "client_params" jsonb NOT NULL,
    "enabled" boolean NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT datasource_oauth_tenant_params_pkey PRIMARY KEY ("id"),
    CONSTRAINT datasource_oauth_tenant_config_unique UNIQUE ("tenant_id", "plugin_id", "provider")
);

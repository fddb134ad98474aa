-- Tools. Names, types and indexes are those of a Dify database, so that one can be adopted in place.

CREATE TABLE IF NOT EXISTS tool_builtin_providers (
    "id" uuid NOT NULL,
    "name" varchar(256) NOT NULL DEFAULT 'API KEY 1',
    "tenant_id" uuid,
    "user_id" uuid NOT NULL,
    "provider" varchar(256) NOT NULL,
    "encrypted_credentials" text,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "is_default" boolean NOT NULL DEFAULT false,
    "credential_type" varchar(32) NOT NULL DEFAULT 'api-key',
    "expires_at" bigint NOT NULL DEFAULT -1,
    CONSTRAINT tool_builtin_providers_pkey PRIMARY KEY ("id"),
    CONSTRAINT unique_builtin_tool_provider UNIQUE ("tenant_id", "provider", "name")
);

CREATE TABLE IF NOT EXISTS tool_api_providers (
    "id" uuid NOT NULL,
    "name" varchar(255) NOT NULL DEFAULT 'API KEY 1',
    "icon" varchar(255) NOT NULL,
    "schema" text NOT NULL,
    "schema_type_str" varchar(40) NOT NULL,
    "user_id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "description" text NOT NULL,
    "tools_str" text NOT NULL,
    "credentials_str" text NOT NULL,
    "privacy_policy" varchar(255),
    "custom_disclaimer" text NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT tool_api_providers_pkey PRIMARY KEY ("id"),
    CONSTRAINT unique_api_tool_provider UNIQUE ("name", "tenant_id")
);

CREATE TABLE IF NOT EXISTS tool_workflow_providers (
    "id" uuid NOT NULL,
    "name" varchar(255) NOT NULL,
    "label" varchar(255) NOT NULL DEFAULT '',
    "icon" varchar(255) NOT NULL,
    "app_id" uuid NOT NULL,
    "version" varchar(255) NOT NULL DEFAULT '',
    "user_id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "description" text NOT NULL,
    "parameter_configuration" text NOT NULL,
    "privacy_policy" varchar(255) DEFAULT '',
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT tool_workflow_providers_pkey PRIMARY KEY ("id"),
    CONSTRAINT unique_workflow_tool_provider UNIQUE ("name", "tenant_id"),
    CONSTRAINT unique_workflow_tool_provider_app_id UNIQUE ("tenant_id", "app_id")
);

CREATE TABLE IF NOT EXISTS tool_mcp_providers (
    "id" uuid NOT NULL,
    "name" varchar(40) NOT NULL,
    "server_identifier" varchar(64) NOT NULL,
    "server_url" text NOT NULL,
    "server_url_hash" varchar(64) NOT NULL,
    "icon" varchar(255),
    "tenant_id" uuid NOT NULL,
    "user_id" uuid NOT NULL,
    "encrypted_credentials" text,
    "authed" boolean NOT NULL,
    "tools" text NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "timeout" double precision NOT NULL DEFAULT 30,
    "sse_read_timeout" double precision NOT NULL DEFAULT 300,
    "encrypted_headers" text,
    CONSTRAINT tool_mcp_providers_pkey PRIMARY KEY ("id"),
    CONSTRAINT unique_mcp_provider_server_url UNIQUE ("tenant_id", "server_url_hash"),
    CONSTRAINT unique_mcp_provider_name UNIQUE ("tenant_id", "name"),
    CONSTRAINT unique_mcp_provider_server_identifier UNIQUE ("tenant_id", "server_identifier")
);

CREATE TABLE IF NOT EXISTS tool_label_bindings (
    "id" uuid NOT NULL,
    "tool_id" varchar(64) NOT NULL,
    "tool_type" varchar(40) NOT NULL,
    "label_name" varchar(40) NOT NULL,
    CONSTRAINT tool_label_bindings_pkey PRIMARY KEY ("id"),
    CONSTRAINT unique_tool_label_bind UNIQUE ("tool_id", "label_name")
);

CREATE TABLE IF NOT EXISTS tool_oauth_tenant_clients (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "plugin_id" varchar(255) NOT NULL,
    "provider" varchar(255) NOT NULL,
    "enabled" boolean NOT NULL DEFAULT true,
    "encrypted_oauth_params" text NOT NULL,
    CONSTRAINT tool_oauth_tenant_clients_pkey PRIMARY KEY ("id"),
    CONSTRAINT unique_tool_oauth_tenant_client UNIQUE ("tenant_id", "plugin_id", "provider")
);

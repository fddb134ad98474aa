-- Model providers. Names, types and indexes are those of a Dify database, so that one can be adopted in place.

CREATE TABLE IF NOT EXISTS providers (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "provider_name" varchar(255) NOT NULL,
    "provider_type" varchar(40) NOT NULL DEFAULT 'custom',
    "is_valid" boolean NOT NULL DEFAULT false,
    "last_used" timestamp,
    "credential_id" uuid,
    "quota_type" varchar(40) DEFAULT '',
    "quota_limit" bigint,
    "quota_used" bigint,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT providers_pkey PRIMARY KEY ("id"),
    CONSTRAINT unique_provider_name_type_quota UNIQUE ("tenant_id", "provider_name", "provider_type", "quota_type")
);
CREATE INDEX IF NOT EXISTS provider_tenant_id_provider_idx ON providers ("tenant_id", "provider_name");

CREATE TABLE IF NOT EXISTS provider_credentials (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "provider_name" varchar(255) NOT NULL,
    "credential_name" varchar(255) NOT NULL,
    "encrypted_config" text NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT provider_credentials_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS provider_credential_tenant_provider_idx ON provider_credentials ("tenant_id", "provider_name");

CREATE TABLE IF NOT EXISTS provider_models (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "provider_name" varchar(255) NOT NULL,
    "model_name" varchar(255) NOT NULL,
    "model_type" varchar(40) NOT NULL,
    "credential_id" uuid,
    "is_valid" boolean NOT NULL DEFAULT false,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT provider_models_pkey PRIMARY KEY ("id"),
    CONSTRAINT unique_provider_model_name UNIQUE ("tenant_id", "provider_name", "model_name", "model_type")
);
CREATE INDEX IF NOT EXISTS provider_model_tenant_id_provider_idx ON provider_models ("tenant_id", "provider_name");

CREATE TABLE IF NOT EXISTS provider_model_credentials (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "provider_name" varchar(255) NOT NULL,
    "model_name" varchar(255) NOT NULL,
    "model_type" varchar(40) NOT NULL,
    "credential_name" varchar(255) NOT NULL,
    "encrypted_config" text NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT provider_model_credentials_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS provider_model_credential_tenant_provider_model_idx ON provider_model_credentials ("tenant_id", "provider_name", "model_name", "model_type");

CREATE TABLE IF NOT EXISTS tenant_default_models (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "provider_name" varchar(255) NOT NULL,
    "model_name" varchar(255) NOT NULL,
    "model_type" varchar(40) NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT tenant_default_models_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS tenant_default_model_tenant_id_provider_type_idx ON tenant_default_models ("tenant_id", "provider_name", "model_type");

CREATE TABLE IF NOT EXISTS tenant_preferred_model_providers (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "provider_name" varchar(255) NOT NULL,
    "preferred_provider_type" varchar(40) NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT tenant_preferred_model_providers_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS tenant_preferred_model_provider_tenant_provider_idx ON tenant_preferred_model_providers ("tenant_id", "provider_name");

CREATE TABLE IF NOT EXISTS provider_model_settings (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "provider_name" varchar(255) NOT NULL,
    "model_name" varchar(255) NOT NULL,
    "model_type" varchar(40) NOT NULL,
    "enabled" boolean NOT NULL DEFAULT true,
    "load_balancing_enabled" boolean NOT NULL DEFAULT false,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT provider_model_settings_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS provider_model_setting_tenant_provider_model_idx ON provider_model_settings ("tenant_id", "provider_name", "model_type");

CREATE TABLE IF NOT EXISTS load_balancing_model_configs (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "provider_name" varchar(255) NOT NULL,
    "model_name" varchar(255) NOT NULL,
    "model_type" varchar(40) NOT NULL,
    "name" varchar(255) NOT NULL,
    "encrypted_config" text,
    "credential_id" uuid,
    "credential_source_type" varchar(40),
    "enabled" boolean NOT NULL DEFAULT true,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT load_balancing_model_configs_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS load_balancing_model_config_tenant_provider_model_idx ON load_balancing_model_configs ("tenant_id", "provider_name", "model_type");

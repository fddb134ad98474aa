-- Accounts, workspaces and their members. Names, types and indexes are those of a Dify database, so that one can be adopted in place.

CREATE TABLE IF NOT EXISTS accounts (
    "id" uuid NOT NULL,
    "name" varchar(255) NOT NULL,
    "email" varchar(255) NOT NULL,
    "password" varchar(255),
    "password_salt" varchar(255),
    "avatar" varchar(255),
    "interface_language" varchar(255),
    "interface_theme" varchar(255),
    "timezone" varchar(255),
    "last_login_at" timestamp,
    "last_login_ip" varchar(255),
    "last_active_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "status" varchar(16) NOT NULL DEFAULT 'active',
    "initialized_at" timestamp,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT accounts_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS account_email_idx ON accounts ("email");

CREATE TABLE IF NOT EXISTS tenants (
    "id" uuid NOT NULL,
    "name" varchar(255) NOT NULL,
    "encrypt_public_key" text,
    "plan" varchar(255) NOT NULL DEFAULT 'basic',
    "status" varchar(255) NOT NULL DEFAULT 'normal',
    "custom_config" text,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT tenants_pkey PRIMARY KEY ("id")
);

CREATE TABLE IF NOT EXISTS tenant_account_joins (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "account_id" uuid NOT NULL,
    "current" boolean NOT NULL DEFAULT false,
    "role" varchar(16) NOT NULL DEFAULT 'normal',
    "invited_by" uuid,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT tenant_account_joins_pkey PRIMARY KEY ("id"),
    CONSTRAINT unique_tenant_account_join UNIQUE ("tenant_id", "account_id")
);
CREATE INDEX IF NOT EXISTS tenant_account_join_account_id_idx ON tenant_account_joins ("account_id");
CREATE INDEX IF NOT EXISTS tenant_account_join_tenant_id_idx ON tenant_account_joins ("tenant_id");

CREATE TABLE IF NOT EXISTS account_integrates (
    "id" uuid NOT NULL,
    "account_id" uuid NOT NULL,
    "provider" varchar(16) NOT NULL,
    "open_id" varchar(255) NOT NULL,
    "encrypted_token" varchar(255) NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT account_integrates_pkey PRIMARY KEY ("id"),
    CONSTRAINT unique_account_provider UNIQUE ("account_id", "provider"),
    CONSTRAINT unique_provider_open_id UNIQUE ("provider", "open_id")
);

CREATE TABLE IF NOT EXISTS account_plugin_permissions (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "install_permission" varchar(16) NOT NULL DEFAULT 'everyone',
    "debug_permission" varchar(16) NOT NULL DEFAULT 'noone',
    CONSTRAINT account_plugin_permissions_pkey PRIMARY KEY ("id"),
    CONSTRAINT unique_tenant_plugin UNIQUE ("tenant_id")
);

CREATE TABLE IF NOT EXISTS tenant_plugin_auto_upgrade_strategies (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "strategy_setting" varchar(16) NOT NULL DEFAULT 'fix_only',
    "upgrade_mode" varchar(16) NOT NULL DEFAULT 'exclude',
    "exclude_plugins" json NOT NULL,
    "include_plugins" json NOT NULL,
    "upgrade_time_of_day" integer NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "updated_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT tenant_plugin_auto_upgrade_strategies_pkey PRIMARY KEY ("id"),
    CONSTRAINT unique_tenant_plugin_auto_upgrade_strategy UNIQUE ("tenant_id")
);

CREATE TABLE IF NOT EXISTS dify_setups (
    "version" varchar(255) NOT NULL,
    "setup_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    CONSTRAINT dify_setups_pkey PRIMARY KEY ("version")
);

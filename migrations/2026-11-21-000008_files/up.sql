-- Files. Names, types and indexes are those of a Dify database, so that one can be adopted in place.

CREATE TABLE IF NOT EXISTS upload_files (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "storage_type" varchar(255) NOT NULL,
    "key" varchar(255) NOT NULL,
    "name" varchar(255) NOT NULL,
    "size" integer NOT NULL,
    "extension" varchar(255) NOT NULL,
    "mime_type" varchar(255),
    "created_by_role" varchar(255) NOT NULL DEFAULT 'account',
    "created_by" uuid NOT NULL,
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "used" boolean NOT NULL DEFAULT false,
    "used_by" uuid,
    "used_at" timestamp,
    "hash" varchar(255),
    "source_url" text NOT NULL,
    CONSTRAINT upload_files_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS upload_file_tenant_idx ON upload_files ("tenant_id");

CREATE TABLE IF NOT EXISTS tool_files (
    "id" uuid NOT NULL,
    "user_id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "conversation_id" uuid,
    "file_key" varchar(255) NOT NULL,
    "mimetype" varchar(255) NOT NULL,
    "original_url" varchar(2048),
    "name" varchar(255) NOT NULL,
    "size" integer NOT NULL,
    CONSTRAINT tool_files_pkey PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS tool_file_conversation_id_idx ON tool_files ("conversation_id");

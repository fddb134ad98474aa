-- API keys that open one dataset only: `api_tokens` has no place for it.
CREATE TABLE ferrify_dataset_keys (
    "api_token_id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "dataset_id" uuid NOT NULL,
    CONSTRAINT ferrify_dataset_keys_pkey PRIMARY KEY ("api_token_id")
);
CREATE INDEX ferrify_dataset_keys_dataset_id_idx ON ferrify_dataset_keys ("dataset_id", "tenant_id");

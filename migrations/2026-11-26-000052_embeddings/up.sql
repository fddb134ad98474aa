-- Vectors of texts that were embedded before. A cache: it may be emptied at any time.
CREATE TABLE ferrify_embeddings (
    "provider_name" varchar(255) NOT NULL,
    "model_name" varchar(255) NOT NULL,
    "hash" bytea NOT NULL,
    "embedding" bytea NOT NULL,
    "created_at" timestamp without time zone NOT NULL,
    CONSTRAINT ferrify_embeddings_pkey PRIMARY KEY ("provider_name", "model_name", "hash")
);
CREATE INDEX ferrify_embeddings_created_at_idx ON ferrify_embeddings ("created_at");

-- Segments are read in the order of their positions, a batch at a time.
CREATE INDEX IF NOT EXISTS ferrify_document_segments_position_idx ON document_segments ("document_id", "position");

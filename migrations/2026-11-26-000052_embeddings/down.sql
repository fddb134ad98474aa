DROP INDEX IF EXISTS ferrify_document_segments_position_idx;
DROP TABLE ferrify_embeddings;

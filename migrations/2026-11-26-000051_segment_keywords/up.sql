-- Keywords of segments, turned round: from the keyword to the segments of a dataset.
CREATE TABLE ferrify_segment_keywords (
    "dataset_id" uuid NOT NULL,
    "keyword" text NOT NULL,
    "node_id" uuid NOT NULL,
    "document_id" uuid NOT NULL,
    CONSTRAINT ferrify_segment_keywords_pkey PRIMARY KEY ("dataset_id", "keyword", "node_id")
);
CREATE INDEX ferrify_segment_keywords_node_idx ON ferrify_segment_keywords ("dataset_id", "node_id");
CREATE INDEX ferrify_segment_keywords_document_idx ON ferrify_segment_keywords ("dataset_id", "document_id");

-- What an adopted database knows. `keywords` may hold anything there: what is no list of texts is passed over.
INSERT INTO ferrify_segment_keywords ("dataset_id", "keyword", "node_id", "document_id")
SELECT s."dataset_id", left(k.keyword, 255), s."index_node_id"::uuid, s."document_id"
FROM document_segments s
JOIN datasets d ON d."id" = s."dataset_id" AND d."indexing_technique" = 'economy'
CROSS JOIN LATERAL json_array_elements_text(
    CASE WHEN json_typeof(s."keywords") = 'array' THEN s."keywords" ELSE '[]'::json END) AS k(keyword)
WHERE s."enabled" AND s."status" = 'completed' AND k.keyword <> ''
    AND s."index_node_id" ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
ON CONFLICT DO NOTHING;

DROP TABLE ferrify_segment_keywords;

DROP TABLE ferrify_jobs;
DROP TABLE ferrify_api_token_hashes;
DROP TABLE ferrify_meta;

-- Without their bindings these keys are nobody's.
DELETE FROM ferrify_api_token_hashes WHERE api_token_id IN (SELECT api_token_id FROM ferrify_dataset_keys);
DELETE FROM api_tokens WHERE id IN (SELECT api_token_id FROM ferrify_dataset_keys);
DROP TABLE ferrify_dataset_keys;

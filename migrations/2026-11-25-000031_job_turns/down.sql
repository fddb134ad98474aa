CREATE INDEX ferrify_jobs_ready_idx ON ferrify_jobs ("queue", "priority" DESC, "run_at") WHERE "state" = 'ready';
DROP INDEX ferrify_jobs_turn_idx;

-- Leads from each workspace with ready jobs to the next one, and to its first due job. Jobs of nobody stand under the
-- nil id. Takes the place of the index without workspaces.
CREATE INDEX ferrify_jobs_turn_idx ON ferrify_jobs
    ("queue", "priority" DESC, (coalesce("tenant_id", '00000000-0000-0000-0000-000000000000'::uuid)), "run_at", "id")
    WHERE "state" = 'ready';
DROP INDEX ferrify_jobs_ready_idx;

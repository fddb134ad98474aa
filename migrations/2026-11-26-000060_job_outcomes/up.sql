-- What became of work that somebody asks after by its id, for a while after it was done.
CREATE TABLE ferrify_job_outcomes (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "kind" text NOT NULL,
    "subject" uuid NOT NULL,
    "status" text NOT NULL,
    "error" text,
    "created_at" timestamp without time zone NOT NULL,
    "updated_at" timestamp without time zone NOT NULL,
    CONSTRAINT ferrify_job_outcomes_pkey PRIMARY KEY ("id")
);
CREATE INDEX ferrify_job_outcomes_subject_idx ON ferrify_job_outcomes ("subject", "kind");
CREATE INDEX ferrify_job_outcomes_updated_at_idx ON ferrify_job_outcomes ("updated_at");

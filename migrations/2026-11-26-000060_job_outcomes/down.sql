DROP TABLE ferrify_job_outcomes;

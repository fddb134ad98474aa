DROP TABLE ferrify_paused_runs;
DROP TABLE ferrify_human_input_forms;

DROP TABLE ferrify_app_rules;

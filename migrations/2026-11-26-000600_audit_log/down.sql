DROP TABLE ferrify_audit_log;

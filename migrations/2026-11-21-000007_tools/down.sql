DROP TABLE IF EXISTS tool_oauth_tenant_clients;
DROP TABLE IF EXISTS tool_label_bindings;
DROP TABLE IF EXISTS tool_mcp_providers;
DROP TABLE IF EXISTS tool_workflow_providers;
DROP TABLE IF EXISTS tool_api_providers;
DROP TABLE IF EXISTS tool_builtin_providers;

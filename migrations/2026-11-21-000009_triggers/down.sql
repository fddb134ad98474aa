DROP TABLE IF EXISTS workflow_trigger_logs;
DROP TABLE IF EXISTS trigger_oauth_tenant_clients;
DROP TABLE IF EXISTS trigger_subscriptions;
DROP TABLE IF EXISTS workflow_plugin_triggers;
DROP TABLE IF EXISTS workflow_schedule_plans;
DROP TABLE IF EXISTS workflow_webhook_triggers;
DROP TABLE IF EXISTS app_triggers;

DROP TABLE IF EXISTS dify_setups;
DROP TABLE IF EXISTS tenant_plugin_auto_upgrade_strategies;
DROP TABLE IF EXISTS account_plugin_permissions;
DROP TABLE IF EXISTS account_integrates;
DROP TABLE IF EXISTS tenant_account_joins;
DROP TABLE IF EXISTS tenants;
DROP TABLE IF EXISTS accounts;

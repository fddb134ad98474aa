DROP TABLE IF EXISTS load_balancing_model_configs;
DROP TABLE IF EXISTS provider_model_settings;
DROP TABLE IF EXISTS tenant_preferred_model_providers;
DROP TABLE IF EXISTS tenant_default_models;
DROP TABLE IF EXISTS provider_model_credentials;
DROP TABLE IF EXISTS provider_models;
DROP TABLE IF EXISTS provider_credentials;
DROP TABLE IF EXISTS providers;

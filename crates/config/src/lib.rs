//! Typed settings, read once from the environment and an `.env` file.
//!
//! Dify's variable names are used where Dify has one; Ferrify's own begin with `FERRIFY_`. Each subject has a file and a
//! struct. Every read is recorded with its source, so that `ferrify doctor` can print what is in force without a second
//! list of names ([`Settings::report`]). Nothing else in the workspace reads the environment.

mod auth;
mod authoring;
mod cors;
mod database;
mod deployment;
mod egress;
mod features;
mod generation;
mod knowledge;
mod limits;
mod logging;
mod mail;
mod reader;
mod redis;
mod sandbox;
mod scan;
mod settings;
mod social;
mod storage;
mod tier;
mod time_limits;
mod traces;
mod uploads;
mod urls;
mod vectors;
mod workflows;

pub use auth::AuthSettings;
pub use authoring::AuthoringSettings;
pub use cors::{CorsSettings, Origins};
pub use database::DatabaseSettings;
pub use deployment::{DeployEnv, DeploymentSettings};
pub use egress::EgressSettings;
pub use features::{AppTemplates, FeatureSettings};
pub use generation::GenerationSettings;
pub use knowledge::KnowledgeSettings;
pub use limits::LimitSettings;
pub use logging::{LogFormat, LoggingSettings};
pub use mail::{MailCarrier, MailSender, MailSettings, MailedLives, SmtpSettings, SmtpTls};
pub use reader::{Entry, Environment, SettingsError, Source};
pub use redis::RedisSettings;
pub use sandbox::{SandboxMode, SandboxSettings};
pub use scan::{ScanSettings, Unscanned};
pub use settings::Settings;
pub use social::{SocialClient, SocialSettings};
pub use storage::{StorageKind, StorageSettings};
pub use tier::Tier;
pub use time_limits::TimeLimitSettings;
pub use traces::TraceSettings;
pub use uploads::UploadSettings;
pub use urls::UrlSettings;
pub use vectors::{QdrantSettings, VectorSettings};
pub use workflows::WorkflowSettings;

//! All settings of a process.

use std::path::Path;

use crate::WorkflowSettings;
use crate::reader::{Entry, Environment, Reader, SettingsError};
use crate::{
    AuthSettings, AuthoringSettings, CorsSettings, DatabaseSettings, DeploymentSettings, EgressSettings,
    FeatureSettings, GenerationSettings, KnowledgeSettings, LimitSettings, LoggingSettings, MailSettings,
    RedisSettings, SandboxSettings, SocialSettings, StorageSettings, TimeLimitSettings, TraceSettings, UploadSettings,
    UrlSettings, VectorSettings,
};

/// Everything that can be configured, validated.
#[derive(Debug, Clone)]
pub struct Settings {
    pub deployment: DeploymentSettings,
    pub database: DatabaseSettings,
    pub redis: RedisSettings,
    pub urls: UrlSettings,
    pub cors: CorsSettings,
    pub auth: AuthSettings,
    pub social: SocialSettings,
    pub mail: MailSettings,
    pub features: FeatureSettings,
    pub authoring: AuthoringSettings,
    pub uploads: UploadSettings,
    pub generation: GenerationSettings,
    pub limits: LimitSettings,
    pub time_limits: TimeLimitSettings,
    pub storage: StorageSettings,
    pub egress: EgressSettings,
    pub vectors: VectorSettings,
    pub knowledge: KnowledgeSettings,
    pub sandbox: SandboxSettings,
    pub workflows: WorkflowSettings,
    pub logging: LoggingSettings,
    /// `None`: no traces are sent.
    pub traces: Option<TraceSettings>,
    report: Vec<Entry>,
}

impl Settings {
    /// Reads the process's environment and `.env` in the working folder.
    pub fn load() -> Result<Self, SettingsError> {
        Self::read(&Environment::of_process(Path::new("."))?)
    }

    /// Reads the given environment.
    pub fn read(environment: &Environment) -> Result<Self, SettingsError> {
        let mut reader = Reader::new(environment);
        let reader_ref = &mut reader;
        let deployment = DeploymentSettings::read(reader_ref)?;
        let production = deployment.env.is_production();
        let urls = UrlSettings::read(reader_ref);
        let cors = CorsSettings::read(reader_ref, &urls.console_web);
        let database = DatabaseSettings::read(reader_ref)?;
        let redis = RedisSettings::read(reader_ref)?;
        let auth = AuthSettings::read(reader_ref)?;
        let social = SocialSettings::read(reader_ref);
        let mail = MailSettings::read(reader_ref)?;
        let features = FeatureSettings::read(reader_ref)?;
        let authoring = AuthoringSettings::read(reader_ref)?;
        let uploads = UploadSettings::read(reader_ref)?;
        let generation = GenerationSettings::read(reader_ref, production)?;
        let limits = LimitSettings::read(reader_ref)?;
        let time_limits = TimeLimitSettings::read(reader_ref)?;
        let storage = StorageSettings::read(reader_ref)?;
        let egress = EgressSettings::read(reader_ref, production)?;
        let vectors = VectorSettings::read(reader_ref)?;
        let knowledge = KnowledgeSettings::read(reader_ref)?;
        let sandbox = SandboxSettings::read(reader_ref)?;
        let workflows = WorkflowSettings::read(reader_ref)?;
        let logging = LoggingSettings::read(reader_ref, production)?;
        let traces = TraceSettings::read(reader_ref)?;
        let report = reader.into_entries();
        Ok(Self {
            deployment,
            database,
            redis,
            urls,
            cors,
            auth,
            social,
            mail,
            features,
            authoring,
            uploads,
            generation,
            limits,
            time_limits,
            storage,
            egress,
            vectors,
            knowledge,
            sandbox,
            workflows,
            logging,
            traces,
            report,
        })
    }

    /// Every variable that was read, with its value (secrets masked) and where it came from.
    pub fn report(&self) -> &[Entry] {
        &self.report
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        Settings::read(&Environment::of_pairs(pairs.iter().copied()))
    }

    #[test]
    fn nothing_needs_to_be_set() {
        let settings = read(&[]).unwrap();
        assert!(settings.database.url.is_none());
        assert!(settings.generation.demo_model);
        assert!(settings.egress.allow_private);
    }

    #[test]
    fn a_scanner_has_an_address() {
        assert!(read(&[("FERRIFY_CLAMAV_ADDRESS", " ")]).unwrap().uploads.scan.is_none());
        for address in ["/run/clamav/clamd.ctl", "clamav:3310", "[::1]:3310"] {
            let scan = read(&[("FERRIFY_CLAMAV_ADDRESS", address)]).unwrap().uploads.scan.unwrap();
            assert_eq!((scan.address.as_str(), scan.unscanned), (address, crate::Unscanned::Refuse));
        }
        assert!(read(&[("FERRIFY_CLAMAV_ADDRESS", "clamav")]).is_err());
        assert!(read(&[("FERRIFY_CLAMAV_ON_ERROR", "ignore")]).is_err());
    }

    #[test]
    fn more_documents_with_unstructured() {
        let of = |pairs: &[(&str, &str)]| read(pairs).unwrap().uploads.document_extensions;
        assert!(of(&[]).contains(&"docx") && !of(&[]).contains(&"pptx"));
        let more = [("ETL_TYPE", "Unstructured"), ("UNSTRUCTURED_API_URL", "http://u:8000")];
        assert!(of(&more[..1]).contains(&"pptx") && !of(&more[..1]).contains(&"ppt"));
        assert!(of(&more).contains(&"ppt"));
    }

    #[test]
    fn production_is_strict() {
        assert!(matches!(
            read(&[("DEPLOY_ENV", "PRODUCTION")]),
            Err(SettingsError::KnownDefault { name: "SECRET_KEY" })
        ));
        let own = ("SECRET_KEY", "a-secret-of-ones-own-0123456789");
        let settings = read(&[("DEPLOY_ENV", "production"), own]).unwrap();
        assert!(!settings.generation.demo_model);
        assert!(!settings.egress.allow_private);
        let demo = read(&[("DEPLOY_ENV", "PRODUCTION"), own, ("FERRIFY_DEMO_MODEL", "true")]);
        assert!(demo.unwrap_err().to_string().contains("FERRIFY_DEMO_MODEL"));
    }

    #[test]
    fn difys_database_parts_make_a_url() {
        let settings = read(&[("DB_HOST", "db"), ("DB_PASSWORD", "p@ss/word"), ("DB_DATABASE", "dify")]).unwrap();
        let url = settings.database.url.unwrap();
        assert_eq!(url.expose_secret(), "postgres://postgres:p%40ss%2Fword@db:5432/dify");
    }

    #[test]
    fn secrets_are_masked_in_the_report() {
        let settings = read(&[("SECRET_KEY", "a-secret-of-ones-own-0123456789")]).unwrap();
        let entry = settings.report().iter().find(|e| e.name == "SECRET_KEY").unwrap();
        assert_eq!(entry.value, "********");
        assert!(!format!("{settings:?}").contains("ones-own"));
    }

    #[test]
    fn traces_are_sent_only_when_asked_for() {
        assert!(read(&[("OTLP_BASE_ENDPOINT", "http://collector:4318")]).unwrap().traces.is_none());
        let on = ("ENABLE_OTEL", "true");
        let endpoint = |pairs: &[(&str, &str)]| read(pairs).unwrap().traces.unwrap().endpoint;
        assert_eq!(
            endpoint(&[on, ("OTLP_BASE_ENDPOINT", "http://collector:4318/")]),
            "http://collector:4318/v1/traces"
        );
        assert_eq!(endpoint(&[on, ("OTLP_TRACE_ENDPOINT", "https://other/x")]), "https://other/x");
        for (name, value) in [("OTLP_TRACE_ENDPOINT", "grpc://x"), ("OTEL_SAMPLING_RATE", "2")] {
            assert!(read(&[on, (name, value)]).unwrap_err().to_string().contains(name), "{name}");
        }
    }

    #[test]
    fn errors_name_the_variable() {
        for (name, value) in [
            ("DIFY_PORT", "99999"),
            ("SQLALCHEMY_POOL_SIZE", "many"),
            ("STORAGE_TYPE", "tape"),
            ("DATABASE_URL", "mysql://x"),
            ("ENABLE_OTEL", "perhaps"),
        ] {
            assert!(read(&[(name, value)]).unwrap_err().to_string().contains(name), "{name}");
        }
    }
}

//! What the explore page offers to every workspace: apps to start from, and banners above them.

use std::collections::BTreeSet;

use config::{AppTemplates, FeatureSettings};
use models::AppId;
use models::app::App;
use models::db::{DbError, Pool, PoolError, QueryError};
use models::explore_banner::ExploreBanner;
use models::recommended_app::{PageFacts, RecommendedApp};

use crate::accounts::interface_language;
use crate::app_files::{AppFileError, AppFiles, ExportRequest};

/// Whatever there is in no other language is told in this one.
const FALLBACK: &str = "en-US";

#[derive(Debug, thiserror::Error)]
pub enum ExploreError {
    #[error("Banners are not enabled.")]
    NoBanners,
    #[error(transparent)]
    File(#[from] AppFileError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<PoolError> for ExploreError {
    fn from(e: PoolError) -> Self {
        Self::Db(e.into())
    }
}

impl From<QueryError> for ExploreError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

/// In which language somebody looks at the page.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    /// The language of the request, which counts if the interface speaks it.
    pub asked: Option<&'a str>,
    /// That of the account.
    pub own: Option<&'a str>,
}

impl Reader<'_> {
    fn language(self) -> String {
        let own = || self.own.filter(|own| !own.is_empty()).unwrap_or(FALLBACK);
        self.asked.and_then(interface_language).unwrap_or_else(own).to_owned()
    }
}

/// An app that is offered, with what its page says of it.
pub type OfferedApp = (RecommendedApp, App, PageFacts);

/// What is offered, and under which headings: each once, in order.
#[derive(Debug, Default)]
pub struct Offer {
    pub apps: Vec<OfferedApp>,
    pub categories: BTreeSet<String>,
}

/// An app as a file to start from.
#[derive(Debug)]
pub struct Template {
    pub app: App,
    /// YAML, without secrets.
    pub file: String,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Explore {
    pool: Pool,
    files: AppFiles,
    source: AppTemplates,
    has_banners: bool,
}

impl Explore {
    pub fn new(pool: Pool, files: AppFiles, settings: &FeatureSettings) -> Self {
        Self { pool, files, source: settings.app_templates, has_banners: settings.explore_banner }
    }

    /// What the reader's language has, or else English.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn offer(&self, reader: Reader<'_>) -> Result<Offer, ExploreError> {
        if self.source == AppTemplates::Builtin {
            return Ok(Offer::default());
        }
        let language = reader.language();
        let mut conn = self.pool.get().await?;
        let mut apps = RecommendedApp::listed(&mut conn, &language).await?;
        if apps.is_empty() && language != FALLBACK {
            apps = RecommendedApp::listed(&mut conn, FALLBACK).await?;
        }
        let categories = apps.iter().map(|(row, ..)| row.category.clone()).collect();
        Ok(Offer { apps, categories })
    }

    /// The published version of an app that is offered, or its draft where none is published; `None` if it is not offered,
    /// or there is nothing in it yet.
    ///
    /// # Errors
    /// When what is stored cannot be read.
    pub async fn template(&self, id: AppId) -> Result<Option<Template>, ExploreError> {
        if self.source == AppTemplates::Builtin {
            return Ok(None);
        }
        let Some(app) = RecommendedApp::app(&mut *self.pool.get().await?, id).await? else { return Ok(None) };
        let request = ExportRequest { include_secret: false, version: app.workflow_id };
        match self.files.export(app.clone(), request).await {
            Ok(file) => Ok(Some(Template { app, file })),
            Err(AppFileError::NoDraft | AppFileError::NoConfig | AppFileError::NoSuchVersion) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// What stands above the page in the reader's language, or else in English.
    ///
    /// # Errors
    /// `NoBanners` where the installation shows none.
    pub async fn banners(&self, reader: Reader<'_>) -> Result<Vec<ExploreBanner>, ExploreError> {
        if !self.has_banners {
            return Err(ExploreError::NoBanners);
        }
        let language = reader.language();
        let mut conn = self.pool.get().await?;
        let shown = ExploreBanner::shown(&mut conn, &language).await?;
        if shown.is_empty() && language != FALLBACK {
            return Ok(ExploreBanner::shown(&mut conn, FALLBACK).await?);
        }
        Ok(shown)
    }
}

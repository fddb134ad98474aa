//! What knowledge needs, built from the settings.

use std::sync::Arc;

use cache::CacheHub;
use config::Settings;
use core_app::knowledge::{self, AppKnowledge, ExternalKnowledge, Finder, Models, QueryNotes};
use core_app::{AnnotationMatcher, ModelSource};
use core_model_runtime::Runtime;
use core_rag::extract::Extractor;
use core_rag::store::Stores;
use models::db::Pool;
use services::annotations::{Annotations, ImportLimits};
use services::apps::AppChanges;
use services::files::Files;
use services::indexing::IndexingParts;
use services::knowledge::{Knowledge, KnowledgeParts, KnowledgeSettings};
use storage::Storage;
use tokio_util::task::TaskTracker;

use crate::boot::StartError;

/// What searching and indexing share.
#[derive(Clone)]
pub(crate) struct KnowledgeGround {
    pub(crate) models: Models,
    pub(crate) stores: Stores,
    pub(crate) finder: Finder,
    pub(crate) external: ExternalKnowledge,
    pub(crate) notes: QueryNotes,
    pub(crate) apps: AppKnowledge,
}

/// What knowledge stands on.
pub(crate) struct Base<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) pool: &'a Pool,
    pub(crate) cache: &'a CacheHub,
    pub(crate) http: &'a egress::Client,
    /// What is done beside answers.
    pub(crate) tasks: &'a TaskTracker,
}

impl KnowledgeGround {
    pub(crate) fn build(base: Base<'_>, runtime: Runtime, source: Arc<dyn ModelSource>) -> Result<Self, StartError> {
        let Base { settings, pool, cache, http, tasks } = base;
        let patience = settings.knowledge.retrieval_timeout;
        let stores = Stores::new(&settings.vectors, pool.clone()).map_err(|e| StartError::Setup(e.to_string()))?;
        let models = Models::new(runtime, source, pool.clone(), cache);
        let finder = Finder::new(pool.clone(), models.clone(), stores.clone(), patience);
        let external = ExternalKnowledge::new(pool.clone(), http.clone(), patience);
        let notes = QueryNotes::new(pool.clone(), tasks.clone());
        let parts = knowledge::KnowledgeParts {
            pool: pool.clone(),
            finder: finder.clone(),
            external: external.clone(),
            notes: notes.clone(),
            patience,
        };
        let apps = AppKnowledge::new(parts, cache);
        Ok(Self { models, stores, finder, external, notes, apps })
    }

    pub(crate) fn service(
        &self,
        settings: &Settings,
        pool: &Pool,
        files: &Files,
        extractor: &Extractor,
        http: &egress::Client,
        tasks: &TaskTracker,
    ) -> Knowledge {
        Knowledge::new(KnowledgeParts {
            pool: pool.clone(),
            files: files.clone(),
            extractor: extractor.clone(),
            models: self.models.clone(),
            stores: self.stores.clone(),
            finder: self.finder.clone(),
            http: http.clone(),
            tasks: tasks.clone(),
            external: self.external.clone(),
            notes: self.notes.clone(),
            settings: KnowledgeSettings {
                max_segment_length: settings.knowledge.max_segment_length,
                max_segments_per_request: settings.knowledge.max_segments_per_request,
                preview_children: settings.knowledge.preview_children,
                batch_limit: usize::try_from(settings.uploads.file_upload_limit).unwrap_or(usize::MAX),
            },
        })
    }

    /// What finds annotations for answers.
    pub(crate) fn matcher(&self, pool: &Pool) -> AnnotationMatcher {
        AnnotationMatcher::new(pool.clone(), self.models.clone(), self.stores.clone())
    }

    pub(crate) fn annotations(&self, pool: &Pool, watch: Arc<dyn AppChanges>) -> Annotations {
        let limits = ImportLimits::default();
        Annotations::new(pool.clone(), self.models.clone(), self.stores.clone(), limits, watch)
    }

    pub(crate) fn indexing(
        &self,
        settings: &Settings,
        pool: &Pool,
        storage: &Storage,
        files: &Files,
        extractor: &Extractor,
    ) -> IndexingParts {
        IndexingParts {
            pool: pool.clone(),
            storage: storage.clone(),
            files: files.clone(),
            extractor: extractor.clone(),
            models: self.models.clone(),
            stores: self.stores.clone(),
            max_segment_length: usize::try_from(settings.knowledge.max_segment_length).unwrap_or(usize::MAX),
        }
    }
}

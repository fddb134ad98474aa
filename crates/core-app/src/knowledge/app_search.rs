//! What the datasets of an app, or of a workflow's node, say to a question.

use std::time::Duration;

use cache::{Cache, CacheHub, CacheSpec};
use core_model_runtime::{ModelRef, Usage};
use core_rag::retrieve::RetrievalModel;
use models::attached_dataset::AttachedDataset;
use models::dataset::Dataset;
use models::dataset_facts::fields;
use models::dataset_query::{DatasetQuery, QuerySource};
use models::db::{DbError, Pool};
use models::{AppId, Caller, DatasetId, DatasetProvider, DocumentId, IndexingTechnique, TenantId};
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::conditions::Conditions;
use super::external::{ExternalError, ExternalKnowledge};
use super::passage::{Passage, Source};
use super::plan::{Filtering, How, SearchPlan};
use super::{Asked, FindError, Finder, QueryNotes, automatic, choose, merge};
use crate::app_config::ModelChoice;
use crate::error::GenerateError;
use crate::inputs::Inputs;

/// How long a dataset's settings may be old: an app's messages come in bursts.
const SETTINGS_KEPT_FOR: Duration = Duration::from_secs(5);
const SETTINGS_KEPT: u64 = 10_000;
/// Fields of documents whose dataset has them built in.
const BUILT_IN: [&str; 5] = ["document_name", "uploader", "upload_date", "last_update_date", "source"];

/// For whom and what a search is.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    pub tenant: TenantId,
    pub app: AppId,
    pub by: Caller,
    /// A name of the person for a model's provider.
    pub user: &'a str,
    pub query: &'a str,
    /// For `{{name}}` in conditions.
    pub inputs: &'a Inputs,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// The best first.
    pub passages: Vec<Passage>,
    /// Of models that were asked about the search itself.
    pub usages: Vec<Usage>,
}

impl Findings {
    /// The text for a prompt.
    pub fn context(&self) -> String {
        self.passages.iter().map(Passage::for_model).collect::<Vec<_>>().join("\n")
    }
}

/// Why nothing could be found.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The datasets do not go together.
    #[error("{0}")]
    Plan(&'static str),
    #[error("The knowledge bases did not answer in time.")]
    Deadline,
    #[error(transparent)]
    Find(#[from] FindError),
    #[error(transparent)]
    External(#[from] ExternalError),
}

impl From<DbError> for SearchError {
    fn from(e: DbError) -> Self {
        Self::Find(e.into())
    }
}

impl From<GenerateError> for SearchError {
    fn from(e: GenerateError) -> Self {
        Self::Find(e.into())
    }
}

impl From<SearchError> for GenerateError {
    fn from(e: SearchError) -> Self {
        match e {
            SearchError::Plan(told) => Self::InvalidParam(told.to_owned()),
            SearchError::Find(FindError::Model(e)) => e,
            SearchError::Find(FindError::Db(e)) | SearchError::External(ExternalError::Db(e)) => Self::Database(e),
            SearchError::External(e) => Self::InvalidParam(e.to_string()),
            SearchError::Find(FindError::Retrieve(e)) => e.into(),
            e @ SearchError::Deadline => Self::Retrieval(e.to_string()),
        }
    }
}

/// What a search is made of.
#[derive(Clone)]
pub struct KnowledgeParts {
    pub pool: Pool,
    pub finder: Finder,
    pub external: ExternalKnowledge,
    pub notes: QueryNotes,
    /// A search that takes longer has failed, whatever it waits for.
    pub patience: Duration,
}

/// Searches for apps. Cheap to clone.
#[derive(Clone)]
pub struct AppKnowledge {
    parts: KnowledgeParts,
    /// Datasets with documents, by the list of their ids.
    settings: Cache<String, Vec<Dataset>>,
}

/// Datasets that are not worth remembering: the next question may find more of them.
enum Forgettable {
    Some(Vec<Dataset>),
    Failed(DbError),
}

/// Which documents a search is held to.
#[derive(Default)]
struct Held {
    /// `None`: to none.
    documents: Option<Vec<DocumentId>>,
    /// As external APIs are told.
    condition: Option<Value>,
}

impl AppKnowledge {
    pub fn new(parts: KnowledgeParts, hub: &CacheHub) -> Self {
        let spec = CacheSpec {
            name: "attached_datasets",
            capacity: SETTINGS_KEPT,
            ttl: SETTINGS_KEPT_FOR,
            negative_ttl: SETTINGS_KEPT_FOR,
            shared: false,
        };
        Self { parts, settings: hub.local_cache(spec) }
    }

    /// What the datasets of a plan say. `None`: none of them has anything that can be found.
    ///
    /// # Errors
    /// When the datasets do not go together, or a model, store, API or the database fails; a rerank model, and a model
    /// that reads conditions, may fail.
    #[tracing::instrument(skip_all, fields(tenant.id = %asking.tenant, app.id = %asking.app))]
    pub async fn search(&self, plan: &SearchPlan, asking: Asking<'_>) -> Result<Option<Findings>, SearchError> {
        let whole = Box::pin(self.search_all(plan, asking));
        timeout(self.parts.patience, whole).await.map_err(|_elapsed| SearchError::Deadline)?
    }

    async fn search_all(&self, plan: &SearchPlan, asking: Asking<'_>) -> Result<Option<Findings>, SearchError> {
        let datasets = self.attached(asking.tenant, &plan.datasets).await?;
        if datasets.is_empty() {
            return Ok(None);
        }
        if asking.query.trim().is_empty() {
            return Ok(Some(Findings::default()));
        }
        let mut usages = Vec::new();
        let held = self.held(&plan.filtering, &datasets, asking, &mut usages).await?;
        let passages = match &plan.how {
            How::Single(model) => {
                let chosen = self.chosen(model.as_ref(), datasets, asking, &mut usages).await;
                let Some(dataset) = chosen else { return Ok(Some(Findings { passages: Vec::new(), usages })) };
                let model = own_model(&dataset);
                let mut passages = self.find(vec![Asked { dataset, model }], &held, asking).await?;
                merge::sort(&mut passages);
                passages
            }
            How::Multiple(merging) => {
                merge::check(merging, &datasets)?;
                let asked = datasets.iter().map(|dataset| {
                    let mut model = own_model(dataset);
                    if dataset.indexing_technique == Some(IndexingTechnique::Economy) {
                        model.top_k = u32::try_from(merging.top_k).unwrap_or(u32::MAX);
                    }
                    Asked { dataset: dataset.clone(), model }
                });
                let found = self.find(asked.collect(), &held, asking).await?;
                let models = self.parts.finder.models();
                merge::merge(models, asking.tenant, merging, &datasets, asking.query, found).await
            }
        };
        Ok(Some(Findings { passages, usages }))
    }

    /// The datasets that can say anything, in the order of `ids`: external ones, and those with documents.
    async fn attached(&self, tenant: TenantId, ids: &[DatasetId]) -> Result<Vec<Dataset>, SearchError> {
        let key = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let load = || async {
            let loaded: Result<Vec<AttachedDataset>, DbError> = async {
                let mut conn = self.parts.pool.get().await?;
                Ok(AttachedDataset::of(&mut conn, tenant, ids).await?)
            }
            .await;
            let mut loaded = loaded.map_err(Forgettable::Failed)?;
            loaded.sort_by_key(|one| ids.iter().position(|id| *id == one.dataset.id));
            loaded.retain(|one| one.has_documents || one.dataset.provider == DatasetProvider::External);
            let datasets: Vec<Dataset> = loaded.into_iter().map(|one| one.dataset).collect();
            if datasets.len() == ids.len() { Ok(Some(datasets)) } else { Err(Forgettable::Some(datasets)) }
        };
        match self.settings.get_or_load(tenant.0, &key, load).await {
            Ok(datasets) => Ok(datasets.map(|datasets| datasets.as_ref().clone()).unwrap_or_default()),
            Err(error) => match error.0.as_ref() {
                Forgettable::Some(datasets) => Ok(datasets.clone()),
                Forgettable::Failed(error) => Err(GenerateError::Internal(error.to_string()).into()),
            },
        }
    }

    /// All datasets in one search, external ones beside it.
    async fn find(&self, asked: Vec<Asked>, held: &Held, asking: Asking<'_>) -> Result<Vec<Passage>, SearchError> {
        let noted: Vec<DatasetId> = asked.iter().map(|one| one.dataset.id).collect();
        let (outside, inside): (Vec<Asked>, Vec<Asked>) =
            asked.into_iter().partition(|one| one.dataset.provider == DatasetProvider::External);
        let outside: Vec<&Dataset> = outside.iter().map(|one| &one.dataset).collect();
        let own = async {
            let found = self.parts.finder.find(asking.tenant, &inside, asking.query, held.documents.as_deref()).await;
            found.map_err(SearchError::from)
        };
        let others = async {
            let condition = held.condition.as_ref();
            let found = self.parts.external.search(asking.tenant, &outside, asking.query, None, condition).await;
            found.map_err(SearchError::from)
        };
        let (own, others) = futures::try_join!(own, others)?;
        let mut passages = Vec::new();
        for (asked, found) in inside.iter().zip(own) {
            passages.extend(found.into_iter().map(|segment| {
                let score = segment.score;
                passage(&asked.dataset, score, Source::Segment(Box::new(segment)))
            }));
        }
        for (dataset, records) in outside.iter().zip(others) {
            passages.extend(records.into_iter().map(|record| {
                let score = record.score;
                passage(dataset, score, Source::External(record))
            }));
        }
        self.note(asking, &noted, &passages);
        Ok(passages)
    }

    fn note(&self, asking: Asking<'_>, datasets: &[DatasetId], found: &[Passage]) {
        let content = json!([{"content_type": "text_query", "content": asking.query}]).to_string();
        let row =
            |id: &DatasetId| DatasetQuery::new(*id, content.clone(), QuerySource::App, Some(asking.app), asking.by);
        let hits = found.iter().filter_map(|passage| match &passage.source {
            Source::Segment(found) => Some(found.segment.id),
            Source::External(_) => None,
        });
        self.parts.notes.note(asking.tenant, datasets.iter().map(row).collect(), hits);
    }

    /// `None`: the model chose none, or could not be asked.
    async fn chosen(
        &self,
        model: Option<&ModelChoice>,
        mut datasets: Vec<Dataset>,
        asking: Asking<'_>,
        usages: &mut Vec<Usage>,
    ) -> Option<Dataset> {
        if datasets.len() == 1 {
            return datasets.pop();
        }
        let choice: Result<choose::Choice, GenerateError> = async {
            let model = self.model(asking.tenant, model).await?;
            choose::choose(self.parts.finder.models(), &model, &datasets, asking.query, asking.user).await
        }
        .await;
        match choice {
            Ok(choice) => {
                usages.push(choice.usage);
                choice.place.filter(|place| *place < datasets.len()).map(|place| datasets.swap_remove(place))
            }
            Err(error) => {
                tracing::warn!(%error, "no model chose a dataset; none is searched");
                None
            }
        }
    }

    async fn model(&self, tenant: TenantId, named: Option<&ModelChoice>) -> Result<ModelRef, GenerateError> {
        let models = self.parts.finder.models();
        match named {
            Some(named) => models.chat(tenant, &named.provider, &named.name).await,
            None => models.default_chat(tenant).await,
        }
    }

    async fn held(
        &self,
        filtering: &Filtering,
        datasets: &[Dataset],
        asking: Asking<'_>,
        usages: &mut Vec<Usage>,
    ) -> Result<Held, SearchError> {
        let conditions = match filtering {
            Filtering::Off => return Ok(Held::default()),
            Filtering::Manual(conditions) => conditions.filled(asking.inputs),
            Filtering::Automatic { model, any } => match self.read(model.as_ref(), *any, datasets, asking).await {
                Ok(Some(read)) => {
                    usages.push(read.usage);
                    read.conditions
                }
                Ok(None) => return Ok(Held::default()),
                Err(error) => {
                    tracing::warn!(%error, "no conditions were read from a question; all documents are searched");
                    return Ok(Held::default());
                }
            },
        };
        let documents = self.documents(asking.tenant, datasets, &conditions).await?;
        Ok(Held { documents, condition: conditions.told() })
    }

    /// The documents that fit conditions; `None` where there is nothing to ask.
    async fn documents(
        &self,
        tenant: TenantId,
        datasets: &[Dataset],
        conditions: &Conditions,
    ) -> Result<Option<Vec<DocumentId>>, SearchError> {
        let own = datasets.iter().filter(|dataset| dataset.provider != DatasetProvider::External);
        let ids: Vec<DatasetId> = own.map(|dataset| dataset.id).collect();
        let Some(filter) = conditions.filter().filter(|_| !ids.is_empty()) else { return Ok(None) };
        let mut conn = self.parts.pool.get().await.map_err(DbError::from)?;
        Ok(Some(filter.matching(&mut conn, tenant, &ids).await.map_err(DbError::from)?))
    }

    /// `None`: the datasets have no fields to restrict.
    async fn read(
        &self,
        model: Option<&ModelChoice>,
        any: bool,
        datasets: &[Dataset],
        asking: Asking<'_>,
    ) -> Result<Option<automatic::Read>, GenerateError> {
        let ids: Vec<DatasetId> = datasets.iter().map(|dataset| dataset.id).collect();
        let known = {
            let mut conn = self.parts.pool.get().await?;
            fields(&mut conn, asking.tenant, &ids).await?
        };
        let mut names: Vec<String> = known.into_iter().map(|field| field.name).collect();
        if datasets.iter().any(|dataset| dataset.built_in_field_enabled) {
            names.extend(BUILT_IN.map(str::to_owned));
        }
        names.sort();
        names.dedup();
        if names.is_empty() {
            return Ok(None);
        }
        let parameters = model.map_or_else(Map::new, ModelChoice::parameters);
        let found = self.model(asking.tenant, model).await?;
        let models = self.parts.finder.models();
        automatic::read(models, &found, parameters, &names, asking.query, any).await.map(Some)
    }
}

fn passage(dataset: &Dataset, score: Option<f64>, source: Source) -> Passage {
    Passage { dataset: dataset.id, dataset_name: dataset.name.clone(), score, source }
}

/// How a dataset wants to be searched.
fn own_model(dataset: &Dataset) -> RetrievalModel {
    match &dataset.retrieval_model {
        Some(stored) => RetrievalModel::from_stored(Some(stored)),
        None => RetrievalModel::default(),
    }
}

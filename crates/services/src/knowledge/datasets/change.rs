//! Changing datasets. What that means for the index is done by a job.

use chrono::Utc;
use core_rag::retrieve::RetrievalModel;
use models::dataset::{Dataset, DatasetChanges};
use models::db::{AsyncConnection, AsyncPgConnection};
use models::{AccountId, DatasetId, DatasetPermission, DatasetProvider, IndexingTechnique, Role, dataset_permission};
use serde_json::Value;

use super::create::{bind, link_to, name_is_free, stored, wanted_reranker};
use super::{DatasetView, ExternalLink};
use crate::indexing::{self, Rebuild};
use crate::knowledge::{Actor, Knowledge, KnowledgeError, access};

/// What is to change; `None` leaves a thing as it is.
#[derive(Debug, Clone, Default)]
pub struct DatasetPatch {
    pub name: Option<String>,
    pub description: Option<String>,
    pub permission: Option<DatasetPermission>,
    pub members: Option<Vec<AccountId>>,
    pub technique: Option<IndexingTechnique>,
    /// Provider and model.
    pub embedding: Option<(String, String)>,
    pub retrieval_model: Option<RetrievalModel>,
    pub external_retrieval_model: Option<Value>,
    pub external: Option<ExternalLink>,
    pub summary_index_setting: Option<Value>,
    pub icon_info: Option<Value>,
    pub is_multimodal: Option<bool>,
}

impl Knowledge {
    /// # Errors
    /// `NoSuchDataset`, `NoPermission`, `NameTaken`, or a model that cannot be used.
    pub async fn change(
        &self,
        actor: &Actor,
        id: DatasetId,
        patch: DatasetPatch,
    ) -> Result<DatasetView, KnowledgeError> {
        let mut conn = self.pool().get().await?;
        let known = access::dataset(&mut conn, actor, id).await?;
        drop(conn);
        check_permission(actor, &known, &patch)?;
        let next = self.next_index(actor, &known, &patch).await?;
        if let Some(reranking) = patch.retrieval_model.as_ref().and_then(wanted_reranker) {
            self.parts
                .models
                .reranker(actor.tenant, &reranking.reranking_provider_name, &reranking.reranking_model_name)
                .await?;
        }
        let mut conn = self.pool().get().await?;
        let changed = conn
            .transaction(async |conn| {
                let locked =
                    Dataset::find_locked(conn, actor.tenant, id).await?.ok_or(KnowledgeError::NoSuchDataset)?;
                if let Some(name) = &patch.name {
                    name_is_free(conn, actor.tenant, name, Some(id)).await?;
                }
                let mut changes = changes(actor, &locked, &patch);
                let rebuild = apply_index(conn, &locked, next, &mut changes).await?;
                let row =
                    Dataset::change(conn, actor.tenant, id, &changes).await?.ok_or(KnowledgeError::NoSuchDataset)?;
                set_members(conn, actor, &row, &patch).await?;
                if let Some(link) = patch.external.as_ref().filter(|_| row.provider == DatasetProvider::External) {
                    link_to(conn, actor, id, link).await?;
                }
                if let Some(rebuild) = rebuild {
                    indexing::rebuild(conn, actor.tenant, id, rebuild).await?;
                }
                Ok::<_, KnowledgeError>(row)
            })
            .await?;
        let mut views = self.views(&mut conn, actor.tenant, vec![changed]).await?;
        drop(conn);
        self.with_availability(actor.tenant, &mut views).await;
        views.pop().ok_or(KnowledgeError::NoSuchDataset)
    }

    /// The technique and model that the dataset is to have, if that changes; the model is one that can be used.
    async fn next_index(
        &self,
        actor: &Actor,
        known: &Dataset,
        patch: &DatasetPatch,
    ) -> Result<Option<NextIndex>, KnowledgeError> {
        if known.provider == DatasetProvider::External {
            return Ok(None);
        }
        let technique = patch.technique.or(known.indexing_technique);
        match technique {
            Some(IndexingTechnique::Economy) => {
                Ok((known.indexing_technique != technique).then_some(NextIndex::Keywords))
            }
            Some(IndexingTechnique::HighQuality) => {
                let (provider, model) =
                    match (&patch.embedding, &known.embedding_model_provider, &known.embedding_model) {
                        (Some((provider, model)), ..) => {
                            self.parts.models.checked(actor.tenant, provider, model).await?
                        }
                        (None, Some(provider), Some(model)) if known.indexing_technique == technique => {
                            (provider.clone(), model.clone())
                        }
                        (None, ..) => self.parts.models.default_embedding(actor.tenant).await?,
                    };
                Ok(Some(NextIndex::Vectors { provider, model }))
            }
            Some(IndexingTechnique::Unknown) | None => Ok(None),
        }
    }
}

/// What the index is to be.
enum NextIndex {
    Keywords,
    Vectors { provider: String, model: String },
}

fn check_permission(actor: &Actor, known: &Dataset, patch: &DatasetPatch) -> Result<(), KnowledgeError> {
    let changes = patch.permission.is_some_and(|permission| permission != known.permission);
    if actor.role == Role::DatasetOperator && changes {
        return Err(KnowledgeError::NoPermission);
    }
    Ok(())
}

fn changes(actor: &Actor, known: &Dataset, patch: &DatasetPatch) -> DatasetChanges {
    let retrieval_model = if known.provider == DatasetProvider::External {
        patch.external_retrieval_model.clone()
    } else {
        patch.retrieval_model.as_ref().map(stored)
    };
    DatasetChanges {
        name: patch.name.clone(),
        description: patch.description.clone().map(Some),
        permission: patch.permission,
        retrieval_model,
        summary_index_setting: patch.summary_index_setting.clone(),
        icon_info: patch.icon_info.clone(),
        is_multimodal: patch.is_multimodal,
        updated_by: Some(actor.account),
        updated_at: Some(Utc::now().naive_utc()),
        ..DatasetChanges::default()
    }
}

/// Puts the next index into the row's changes; what has to be rebuilt for it.
async fn apply_index(
    conn: &mut AsyncPgConnection,
    known: &Dataset,
    next: Option<NextIndex>,
    changes: &mut DatasetChanges,
) -> Result<Option<Rebuild>, KnowledgeError> {
    match next {
        None => Ok(None),
        Some(NextIndex::Keywords) => {
            changes.indexing_technique = Some(IndexingTechnique::Economy);
            changes.embedding_model = Some(None);
            changes.embedding_model_provider = Some(None);
            changes.collection_binding_id = Some(None);
            let had_vectors = known.indexing_technique == Some(IndexingTechnique::HighQuality);
            Ok(had_vectors.then_some(Rebuild::Keywords))
        }
        Some(NextIndex::Vectors { provider, model }) => {
            let same = known.embedding_model.as_deref() == Some(&model)
                && known.embedding_model_provider.as_deref().is_some_and(|known| same_provider(known, &provider));
            if known.indexing_technique == Some(IndexingTechnique::HighQuality) && same {
                return Ok(None);
            }
            let binding = bind(conn, &provider, &model).await?;
            changes.indexing_technique = Some(IndexingTechnique::HighQuality);
            changes.embedding_model = Some(Some(model));
            changes.embedding_model_provider = Some(Some(provider));
            changes.collection_binding_id = Some(Some(binding.id));
            Ok(known.indexing_technique.map(|_| Rebuild::Vectors))
        }
    }
}

/// Old rows have short names of providers.
fn same_provider(one: &str, other: &str) -> bool {
    use core_model_runtime::ProviderId;
    match (one.parse::<ProviderId>(), other.parse::<ProviderId>()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

async fn set_members(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    row: &Dataset,
    patch: &DatasetPatch,
) -> Result<(), KnowledgeError> {
    if row.permission != DatasetPermission::PartialMembers {
        if patch.permission.is_some() {
            dataset_permission::replace(conn, actor.tenant, row.id, &[]).await?;
        }
        return Ok(());
    }
    if let Some(members) = &patch.members {
        if actor.role == Role::DatasetOperator {
            let mut known: Vec<AccountId> = dataset_permission::members(conn, actor.tenant, &[row.id])
                .await?
                .into_iter()
                .map(|(_, account)| account)
                .collect();
            let mut asked = members.clone();
            known.sort_unstable();
            asked.sort_unstable();
            return if known == asked { Ok(()) } else { Err(KnowledgeError::NoPermission) };
        }
        dataset_permission::replace(conn, actor.tenant, row.id, members).await?;
    }
    Ok(())
}

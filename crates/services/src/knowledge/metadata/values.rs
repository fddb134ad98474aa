//! What documents have in the fields of their dataset.

use std::collections::BTreeMap;

use chrono::Utc;
use models::dataset::Dataset;
use models::dataset_metadata::{DocumentValues, MetadataField, write_values};
use models::db::AsyncConnection;
use models::document::Document;
use models::{DatasetId, DocumentId};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{alone, note_built_in};
use crate::knowledge::{Actor, Knowledge, KnowledgeError, access};

/// A value for one field.
#[derive(Debug, Clone)]
pub struct MetadataValue {
    pub field: Uuid,
    pub value: Value,
}

/// What a document is to have.
#[derive(Debug, Clone)]
pub struct MetadataChange {
    pub document: DocumentId,
    pub values: Vec<MetadataValue>,
    /// Whether what the document has in other fields goes.
    pub replace: bool,
}

impl Knowledge {
    /// Writes values of documents: all of them or none. Later changes to a document are on top of earlier ones.
    ///
    /// # Errors
    /// `NoSuchDataset`, `NoPermission`, `NoSuchDocument`, or `NotFound` for a field that the dataset does not have.
    pub async fn change_metadata(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        changes: Vec<MetadataChange>,
    ) -> Result<(), KnowledgeError> {
        let mut conn = self.pool().get().await?;
        access::dataset(&mut conn, actor, dataset).await?;
        conn.transaction(async |conn| {
            alone(conn, dataset).await?;
            let dataset = Dataset::find_locked(conn, actor.tenant, dataset).await?;
            let dataset = dataset.ok_or(KnowledgeError::NoSuchDataset)?;
            let asked: Vec<Uuid> = changes.iter().flat_map(|c| c.values.iter().map(|value| value.field)).collect();
            let fields = MetadataField::find_all(conn, actor.tenant, dataset.id, &asked).await?;
            let names: BTreeMap<Uuid, String> = fields.into_iter().map(|field| (field.id, field.name)).collect();
            let merged = merged(changes, &names)?;
            let ids: Vec<DocumentId> = merged.iter().map(|change| change.document).collect();
            if Document::find_all(conn, actor.tenant, dataset.id, &ids).await?.len() != ids.len() {
                return Err(KnowledgeError::NoSuchDocument);
            }
            let now = Utc::now().naive_utc();
            write_values(conn, actor.tenant, dataset.id, &merged, actor.account, now).await?;
            note_built_in(conn, &dataset, &ids).await
        })
        .await
    }
}

/// One change a document, with the names of the fields.
fn merged(changes: Vec<MetadataChange>, names: &BTreeMap<Uuid, String>) -> Result<Vec<DocumentValues>, KnowledgeError> {
    struct Merged {
        values: Map<String, Value>,
        fields: Vec<Uuid>,
        replace: bool,
    }
    let mut by_document: BTreeMap<DocumentId, Merged> = BTreeMap::new();
    for change in changes {
        let new = || Merged { values: Map::new(), fields: Vec::new(), replace: false };
        let merged = by_document.entry(change.document).or_insert_with(new);
        if change.replace {
            *merged = Merged { replace: true, ..new() };
        }
        for MetadataValue { field, value } in change.values {
            let name = names.get(&field).ok_or(KnowledgeError::NotFound("Metadata not found."))?;
            merged.values.insert(name.clone(), value);
            if !merged.fields.contains(&field) {
                merged.fields.push(field);
            }
        }
    }
    Ok(by_document
        .into_iter()
        .map(|(document, merged)| DocumentValues {
            document,
            values: Value::Object(merged.values),
            fields: merged.fields,
            replace: merged.replace,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_to_one_document_are_one() {
        let (document, author, year) = (DocumentId::random(), Uuid::new_v4(), Uuid::new_v4());
        let names = BTreeMap::from([(author, "author".to_owned()), (year, "year".to_owned())]);
        let change = |replace, values: &[(Uuid, Value)]| MetadataChange {
            document,
            replace,
            values: values.iter().map(|(field, value)| MetadataValue { field: *field, value: value.clone() }).collect(),
        };
        let changes = vec![
            change(false, &[(author, json!("a")), (year, json!(1))]),
            change(true, &[(author, json!("b"))]),
            change(false, &[(author, json!("c")), (year, json!(null))]),
        ];
        let merged = merged(changes, &names).unwrap();
        assert_eq!(merged.len(), 1);
        assert_eq!((merged[0].values.clone(), merged[0].replace), (json!({"author": "c", "year": null}), true));
        assert_eq!(merged[0].fields, [author, year]);
        let unknown = vec![change(false, &[(Uuid::new_v4(), json!(1))])];
        assert!(matches!(super::merged(unknown, &names), Err(KnowledgeError::NotFound(_))));
    }
}

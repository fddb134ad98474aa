//! Which store a dataset's vectors are in.

use std::sync::Arc;

use config::VectorSettings;
use models::db::Pool;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::qdrant::Qdrant;
use super::{Collection, PgVector, StoreError, VectorStore};

/// `datasets.index_struct`: where the vectors of a dataset are, written at first use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexStruct {
    #[serde(rename = "type")]
    pub kind: String,
    pub vector_store: StoreClass,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreClass {
    /// The name of the collection.
    pub class_prefix: String,
}

impl IndexStruct {
    pub fn new(kind: &str, collection: &str) -> Self {
        Self { kind: kind.to_owned(), vector_store: StoreClass { class_prefix: collection.to_owned() } }
    }

    /// `None` when nothing is stored, or nothing that says where the vectors are.
    pub fn parse(stored: Option<&str>) -> Option<Self> {
        serde_json::from_str(stored?).ok()
    }

    /// The text for the column.
    pub fn to_text(&self) -> String {
        serde_json::json!({"type": self.kind, "vector_store": {"class_prefix": self.vector_store.class_prefix}})
            .to_string()
    }
}

/// The stores of this installation. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Stores {
    default: Arc<str>,
    prefix: Arc<str>,
    pgvector: Arc<PgVector>,
    qdrant: Option<Arc<Qdrant>>,
}

impl Stores {
    /// The configured kind must be known and configured; the other is there when it is configured, for datasets that
    /// are still in it.
    pub fn new(settings: &VectorSettings, pool: Pool) -> Result<Self, StoreError> {
        let qdrant = match settings.qdrant.url {
            Some(_) => Some(Arc::new(Qdrant::new(&settings.qdrant)?)),
            None => None,
        };
        let stores = Self {
            default: settings.store.to_ascii_lowercase().into(),
            prefix: settings.index_name_prefix.as_str().into(),
            pgvector: Arc::new(PgVector::new(pool)),
            qdrant,
        };
        stores.of_kind(&stores.default)?;
        Ok(stores)
    }

    /// The kind of new datasets.
    pub fn default_kind(&self) -> &str {
        &self.default
    }

    pub fn of_kind(&self, kind: &str) -> Result<Arc<dyn VectorStore>, StoreError> {
        match kind.to_ascii_lowercase().as_str() {
            PgVector::KIND => Ok(Arc::clone(&self.pgvector) as Arc<dyn VectorStore>),
            Qdrant::KIND => match &self.qdrant {
                Some(qdrant) => Ok(Arc::clone(qdrant) as Arc<dyn VectorStore>),
                None => Err(StoreError::NotConfigured(Qdrant::KIND, "set QDRANT_URL")),
            },
            _ => Err(StoreError::UnknownKind(kind.to_owned())),
        }
    }

    /// The store that `index_struct` names, else the configured one.
    pub fn of_dataset(&self, index_struct: Option<&str>) -> Result<Arc<dyn VectorStore>, StoreError> {
        match IndexStruct::parse(index_struct) {
            Some(stored) => self.of_kind(&stored.kind),
            None => self.of_kind(&self.default),
        }
    }

    /// Whether the dataset's store keeps the datasets of one embedding model together.
    pub fn groups_by_model(&self, index_struct: Option<&str>) -> bool {
        let stored = IndexStruct::parse(index_struct);
        stored.as_ref().map_or(&*self.default, |stored| stored.kind.as_str()).eq_ignore_ascii_case(Qdrant::KIND)
    }

    /// Where the vectors of a dataset would be in the store of this kind. `binding`: as for [`Self::collection`].
    pub fn place_in(
        &self,
        kind: &str,
        dataset: Uuid,
        binding: Option<&str>,
    ) -> Result<(Arc<dyn VectorStore>, Collection), StoreError> {
        let store = self.of_kind(kind)?;
        let own = Collection::name_for(&self.prefix, dataset);
        let index_struct = IndexStruct::new(store.kind(), &own).to_text();
        let collection = self.collection(dataset, Some(&index_struct), binding, 0);
        Ok((store, collection))
    }

    /// The kinds of all stores that this installation can reach.
    pub fn kinds(&self) -> Vec<&'static str> {
        let qdrant = self.qdrant.as_ref().map(|_| Qdrant::KIND);
        std::iter::once(PgVector::KIND).chain(qdrant).collect()
    }

    /// The name of a dataset's collection. `binding`: the collection that the datasets of one embedding model share,
    /// used by stores that group datasets.
    pub fn collection(
        &self,
        dataset: Uuid,
        index_struct: Option<&str>,
        binding: Option<&str>,
        dimensions: usize,
    ) -> Collection {
        let stored = IndexStruct::parse(index_struct);
        let kind = stored.as_ref().map_or(&*self.default, |stored| stored.kind.as_str());
        let shared = binding.filter(|_| kind.eq_ignore_ascii_case(Qdrant::KIND));
        let name = match (shared, stored) {
            (Some(shared), _) => shared.to_owned(),
            (None, Some(stored)) => stored.vector_store.class_prefix,
            (None, None) => Collection::name_for(&self.prefix, dataset),
        };
        Collection { name, dataset, dimensions }
    }
}

#[cfg(test)]
mod tests {
    use config::{Environment, Settings};

    use super::*;

    fn stores(pairs: &[(&str, &str)]) -> Result<Stores, StoreError> {
        let settings = Settings::read(&Environment::of_pairs(pairs.iter().copied())).unwrap();
        let pool =
            Pool::new(&"postgres://nobody@localhost/none".to_owned().into(), 1, std::time::Duration::from_secs(1));
        Stores::new(&settings.vectors, pool.unwrap())
    }

    #[tokio::test]
    async fn a_dataset_stays_where_it_is() {
        let stores = stores(&[("QDRANT_URL", "http://localhost:6333")]).unwrap();
        assert_eq!(stores.of_dataset(None).unwrap().kind(), "pgvector");
        let elsewhere = IndexStruct::new("qdrant", "Vector_index_x_Node").to_text();
        assert_eq!(elsewhere, r#"{"type":"qdrant","vector_store":{"class_prefix":"Vector_index_x_Node"}}"#);
        assert_eq!(stores.of_dataset(Some(&elsewhere)).unwrap().kind(), "qdrant");
        assert_eq!(stores.of_dataset(Some("{}")).unwrap().kind(), "pgvector");
        let dataset = Uuid::nil();
        let name = |index, binding| stores.collection(dataset, index, binding, 3).name;
        assert_eq!(name(None, Some("shared")), "Vector_index_00000000_0000_0000_0000_000000000000_Node");
        assert_eq!(name(Some(&elsewhere), Some("shared")), "shared");
        assert_eq!(name(Some(&elsewhere), None), "Vector_index_x_Node");
        let place = |kind, binding| stores.place_in(kind, dataset, binding).unwrap().1.name;
        assert_eq!(place("qdrant", Some("shared")), "shared");
        assert_eq!(place("pgvector", Some("shared")), "Vector_index_00000000_0000_0000_0000_000000000000_Node");
        assert_eq!(stores.kinds(), ["pgvector", "qdrant"]);
    }

    #[tokio::test]
    async fn what_is_not_there_is_named() {
        assert!(stores(&[("VECTOR_STORE", "milvus")]).unwrap_err().to_string().contains("milvus"));
        assert!(stores(&[("VECTOR_STORE", "qdrant")]).unwrap_err().to_string().contains("QDRANT_URL"));
        let stores = stores(&[]).unwrap();
        let weaviate = IndexStruct::new("weaviate", "x").to_text();
        assert!(matches!(stores.of_dataset(Some(&weaviate)), Err(StoreError::UnknownKind(kind)) if kind == "weaviate"));
        assert!(matches!(stores.of_kind("qdrant"), Err(StoreError::NotConfigured(..))));
    }
}

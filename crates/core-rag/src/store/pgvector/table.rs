//! Names of tables.

use std::fmt::{self, Display};

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_async::RunQueryDsl;
use models::db::Conn;

use crate::store::{Collection, StoreError};

/// What Postgres keeps of a name. Difys's own names are one longer than this, so they are cut, as Postgres cuts them.
const LONGEST: usize = 63;

/// The checked name of a collection's table: lower-case letters, digits and `_` only, so that it needs no quotes.
pub(super) struct Table(String);

impl Table {
    pub(super) fn of(collection: &Collection) -> Result<Self, StoreError> {
        let refused = || StoreError::Name(collection.name.clone());
        let mut name = format!("embedding_{}", collection.name).to_ascii_lowercase();
        if collection.name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(refused());
        }
        // What is cut off must not be what tells two collections apart.
        let owner = collection.dataset.to_string().replace('-', "_");
        let was_whole = name.contains(&owner);
        if name.len() > LONGEST {
            name.truncate(LONGEST);
            if !was_whole || !name.contains(&owner) {
                return Err(refused());
            }
        }
        Ok(Self(name))
    }

    pub(super) fn name(&self) -> &str {
        &self.0
    }

    pub(super) async fn exists(&self, conn: &mut Conn) -> Result<bool, StoreError> {
        #[derive(QueryableByName)]
        struct Has {
            #[diesel(sql_type = Bool)]
            yes: bool,
        }
        let found: Has = diesel::sql_query("SELECT to_regclass($1) IS NOT NULL AS yes")
            .bind::<Text, _>(&self.0)
            .get_result(conn)
            .await?;
        Ok(found.yes)
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn table(name: &str) -> Option<String> {
        let collection = Collection { name: name.to_owned(), dataset: Uuid::nil(), dimensions: 3 };
        Table::of(&collection).ok().map(|table| table.0)
    }

    #[test]
    fn names_are_folded_and_cut() {
        let difys = Collection::name_for("Vector_index", Uuid::nil());
        let cut = "embedding_vector_index_00000000_0000_0000_0000_000000000000_nod";
        assert_eq!(table(&difys).as_deref(), Some(cut));
        assert_eq!(table("Short").as_deref(), Some("embedding_short"));
    }

    #[test]
    fn what_could_be_sql_or_be_mistaken_for_another_is_refused() {
        for name in ["", "a; DROP TABLE x", "a\"b", "ü", &"x".repeat(60)] {
            assert_eq!(table(name), None, "{name}");
        }
        assert_eq!(table(&Collection::name_for("A_prefix_that_is_too_long", Uuid::nil())), None);
    }
}

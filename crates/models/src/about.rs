//! What kind of database it is, for people who look for a fault.

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};

/// The server and the extension that vectors need.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct About {
    #[diesel(sql_type = Text)]
    pub server_version: String,
    /// `None`: not installed in this database.
    #[diesel(sql_type = Nullable<Text>)]
    pub vector_version: Option<String>,
    /// `None`: the server does not have it at all.
    #[diesel(sql_type = Nullable<Text>)]
    pub vector_available: Option<String>,
}

impl About {
    pub async fn read(conn: &mut AsyncPgConnection) -> QueryResult<Self> {
        diesel::sql_query(
            "SELECT current_setting('server_version') AS server_version, \
                (SELECT extversion::text FROM pg_extension WHERE extname = 'vector') AS vector_version, \
                (SELECT default_version::text FROM pg_available_extensions WHERE name = 'vector') AS vector_available",
        )
        .get_result(conn)
        .await
    }
}

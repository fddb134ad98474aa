//! What stands in the empty input field of a page. Dify's table of sites has no column for it.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::SiteId;
use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::ferrify_sites;

/// Longest text, in characters.
pub const LONGEST: u64 = 255;

pub async fn find(conn: &mut AsyncPgConnection, site: SiteId) -> QueryResult<Option<String>> {
    ferrify_sites::table
        .filter(ferrify_sites::site_id.eq(site))
        .select(ferrify_sites::input_placeholder)
        .first(conn)
        .await
        .optional()
}

/// Sets the text; an empty one takes it away.
pub async fn set(conn: &mut AsyncPgConnection, site: SiteId, text: &str) -> QueryResult<()> {
    if text.is_empty() {
        return diesel::delete(ferrify_sites::table.filter(ferrify_sites::site_id.eq(site)))
            .execute(conn)
            .await
            .map(drop);
    }
    diesel::insert_into(ferrify_sites::table)
        .values((ferrify_sites::site_id.eq(site), ferrify_sites::input_placeholder.eq(text)))
        .on_conflict(ferrify_sites::site_id)
        .do_update()
        .set(ferrify_sites::input_placeholder.eq(text))
        .execute(conn)
        .await
        .map(drop)
}

//! What people said when they deleted their accounts.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::ferrify_deletion_feedbacks;

#[derive(Debug, Insertable)]
#[diesel(table_name = ferrify_deletion_feedbacks)]
pub struct DeletionFeedback<'a> {
    pub id: Uuid,
    pub email: &'a str,
    pub feedback: &'a str,
    pub created_at: NaiveDateTime,
}

impl DeletionFeedback<'_> {
    pub async fn insert(&self, conn: &mut AsyncPgConnection) -> QueryResult<()> {
        diesel::insert_into(ferrify_deletion_feedbacks::table).values(self).execute(conn).await.map(drop)
    }
}

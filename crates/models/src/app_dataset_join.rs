//! Which datasets an app's published configuration uses.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::AppId;
use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::app_dataset_joins as joins;

#[derive(Insertable)]
#[diesel(table_name = joins)]
struct NewJoin {
    id: Uuid,
    app_id: AppId,
    dataset_id: Uuid,
    created_at: NaiveDateTime,
}

/// Makes `datasets` exactly what the app is joined with.
pub async fn replace(
    conn: &mut AsyncPgConnection,
    app: AppId,
    datasets: &[Uuid],
    now: NaiveDateTime,
) -> QueryResult<()> {
    let of_app = joins::table.filter(joins::app_id.eq(app));
    let stored: Vec<Uuid> = of_app.select(joins::dataset_id).load(conn).await?;
    diesel::delete(of_app.filter(joins::dataset_id.ne_all(datasets))).execute(conn).await?;
    let new: Vec<NewJoin> = datasets
        .iter()
        .filter(|id| !stored.contains(id))
        .map(|id| NewJoin { id: Uuid::new_v4(), app_id: app, dataset_id: *id, created_at: now })
        .collect();
    if !new.is_empty() {
        diesel::insert_into(joins::table).values(&new).execute(conn).await?;
    }
    Ok(())
}

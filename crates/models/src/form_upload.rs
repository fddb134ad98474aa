//! Files that were uploaded for a form.

use chrono::NaiveDateTime;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{ferrify_form_uploads as uploads, ferrify_human_input_forms as forms};
use crate::{AppId, TenantId, UploadFileId};

/// The place of one file.
#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = uploads, check_for_backend(Pg))]
pub struct FormUpload {
    pub id: Uuid,
    pub tenant_id: TenantId,
    pub app_id: AppId,
    pub form_id: Uuid,
    /// `None`: it is still coming.
    pub upload_file_id: Option<UploadFileId>,
    pub created_at: NaiveDateTime,
}

impl FormUpload {
    /// Takes a place, unless the form has `most` of them. To be called in a transaction: the form is locked, so that
    /// several who come at once are counted.
    pub async fn reserve(conn: &mut AsyncPgConnection, new: &Self, most: i64) -> QueryResult<bool> {
        let form = forms::table.filter(forms::tenant_id.eq(new.tenant_id)).filter(forms::id.eq(new.form_id));
        let locked: Option<Uuid> = form.select(forms::id).for_update().first(conn).await.optional()?;
        let taken =
            uploads::table.filter(uploads::tenant_id.eq(new.tenant_id)).filter(uploads::form_id.eq(new.form_id));
        let taken: i64 = taken.count().get_result(conn).await?;
        if locked.is_none() || taken >= most {
            return Ok(false);
        }
        diesel::insert_into(uploads::table).values(new).execute(conn).await?;
        Ok(true)
    }

    /// The file is there.
    pub async fn fill(conn: &mut AsyncPgConnection, tenant: TenantId, id: Uuid, file: UploadFileId) -> QueryResult<()> {
        let place = uploads::table.filter(uploads::tenant_id.eq(tenant)).filter(uploads::id.eq(id));
        diesel::update(place).set(uploads::upload_file_id.eq(file)).execute(conn).await.map(drop)
    }

    /// The file will not come.
    pub async fn give_back(conn: &mut AsyncPgConnection, tenant: TenantId, id: Uuid) -> QueryResult<()> {
        let place = uploads::table.filter(uploads::tenant_id.eq(tenant)).filter(uploads::id.eq(id));
        diesel::delete(place.filter(uploads::upload_file_id.is_null())).execute(conn).await.map(drop)
    }

    /// The files of a form.
    pub async fn of_form(conn: &mut AsyncPgConnection, tenant: TenantId, form: Uuid) -> QueryResult<Vec<UploadFileId>> {
        uploads::table
            .filter(uploads::tenant_id.eq(tenant))
            .filter(uploads::form_id.eq(form))
            .filter(uploads::upload_file_id.is_not_null())
            .select(uploads::upload_file_id.assume_not_null())
            .load(conn)
            .await
    }
}

//! Writing another value, name, or both; the file of a value that is replaced goes with it.

use chrono::{NaiveDateTime, Utc};
use core_app::workflow::{StoredValue, forget_draft_files};
use models::DraftVariableId;
use models::app::App;
use models::db::{AsyncConnection, AsyncPgConnection};
use models::draft_variable::{DraftVariable, ValueChange};

use super::view::selector;
use super::{DraftVariableError, DraftVariables};

/// What a variable gets; `None` leaves it as it is.
pub(super) struct NewContents {
    pub name: Option<String>,
    pub value: Option<NewValue>,
    /// It has the value that it has by definition.
    pub is_default: bool,
}

pub(super) struct NewValue {
    pub stored: StoredValue,
    pub value_type: String,
    /// `None`: it is no longer an edited one.
    pub edited_at: Option<NaiveDateTime>,
}

impl DraftVariables {
    /// Writes new contents. The file of a new value must have been stored before.
    pub(super) async fn write(
        &self,
        conn: &mut AsyncPgConnection,
        app: &App,
        id: DraftVariableId,
        new: &NewContents,
    ) -> Result<DraftVariable, DraftVariableError> {
        let refused = match conn.transaction(async |conn| write(conn, app, id, new).await).await {
            Err(DraftVariableError::Db(e)) if e.is_unique_violation() => DraftVariableError::NameTaken,
            Err(DraftVariableError::NotFound) => DraftVariableError::NotFound,
            other => return other,
        };
        if let Some((upload, _)) = new.value.as_ref().and_then(|value| value.stored.file.as_ref())
            && let Err(e) = self.engine.files().storage.delete(&upload.key).await
        {
            tracing::warn!(app.id = %app.id, key = upload.key, error = %e, "a value that was not taken stays in the storage");
        }
        Err(refused)
    }

    /// Removes a variable; `false` if there was none.
    pub(super) async fn remove(
        conn: &mut AsyncPgConnection,
        app: &App,
        id: DraftVariableId,
    ) -> Result<bool, DraftVariableError> {
        conn.transaction(async |conn| {
            let Some(file) = DraftVariable::delete(conn, app.id, id).await? else { return Ok(false) };
            forget_draft_files(conn, app.tenant_id, file.as_slice()).await?;
            Ok(true)
        })
        .await
    }
}

async fn write(
    conn: &mut AsyncPgConnection,
    app: &App,
    id: DraftVariableId,
    new: &NewContents,
) -> Result<DraftVariable, DraftVariableError> {
    let row = DraftVariable::lock(conn, app.id, id).await?.ok_or(DraftVariableError::NotFound)?;
    let selector = new.name.as_ref().map(|name| selector(&row.node_id, name));
    let mut change = ValueChange {
        name: new.name.as_ref().unwrap_or(&row.name),
        selector: selector.as_ref().unwrap_or(&row.selector),
        value_type: &row.value_type,
        value: &row.value,
        file_id: row.file_id,
        last_edited_at: row.last_edited_at,
        is_default_value: new.is_default,
        updated_at: Utc::now().naive_utc(),
    };
    if let Some(value) = &new.value {
        value.stored.write_file(conn).await?;
        change.value_type = &value.value_type;
        change.value = &value.stored.value;
        change.file_id = value.stored.file_id();
        change.last_edited_at = value.edited_at;
    }
    let changed = DraftVariable::change(conn, app.id, id, &change).await?.ok_or(DraftVariableError::NotFound)?;
    if new.value.is_some() {
        forget_draft_files(conn, app.tenant_id, row.file_id.as_slice()).await?;
    }
    Ok(changed)
}

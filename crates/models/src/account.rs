//! Accounts: the people who sign in to the Console.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::accounts;
use crate::{AccountId, AccountStatus};

#[derive(Debug, Clone, Identifiable, HasQuery, Insertable)]
#[diesel(table_name = accounts, check_for_backend(diesel::pg::Pg))]
pub struct Account {
    pub id: AccountId,
    pub name: String,
    /// As typed when it was created; looked up as typed first, then in lower case.
    pub email: String,
    /// A PHC string, or what Dify wrote: base64 of the hex digest, with `password_salt`.
    pub password: Option<String>,
    pub password_salt: Option<String>,
    pub avatar: Option<String>,
    pub interface_language: Option<String>,
    pub interface_theme: Option<String>,
    pub timezone: Option<String>,
    pub last_login_at: Option<NaiveDateTime>,
    pub last_login_ip: Option<String>,
    pub last_active_at: NaiveDateTime,
    pub status: AccountStatus,
    pub initialized_at: Option<NaiveDateTime>,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

/// What may be changed of an account; `None` leaves a field as it is.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = accounts)]
pub struct AccountChanges<'a> {
    pub name: Option<&'a str>,
    pub email: Option<&'a str>,
    pub password: Option<&'a str>,
    pub password_salt: Option<Option<&'a str>>,
    pub avatar: Option<&'a str>,
    pub interface_language: Option<&'a str>,
    pub interface_theme: Option<&'a str>,
    pub timezone: Option<&'a str>,
    pub last_login_at: Option<NaiveDateTime>,
    pub last_login_ip: Option<&'a str>,
    pub last_active_at: Option<NaiveDateTime>,
    pub status: Option<AccountStatus>,
    pub initialized_at: Option<NaiveDateTime>,
    pub updated_at: Option<NaiveDateTime>,
}

impl Account {
    pub async fn find(conn: &mut AsyncPgConnection, id: AccountId) -> QueryResult<Option<Self>> {
        Self::query().filter(accounts::id.eq(id)).first(conn).await.optional()
    }

    /// Several accounts at once, for lists.
    pub async fn find_all(conn: &mut AsyncPgConnection, ids: &[AccountId]) -> QueryResult<Vec<Self>> {
        Self::query().filter(accounts::id.eq_any(ids)).load(conn).await
    }

    /// The account with this address, as typed or else in lower case.
    pub async fn find_by_email(conn: &mut AsyncPgConnection, email: &str) -> QueryResult<Option<Self>> {
        let lower = email.to_lowercase();
        Self::query()
            .filter(accounts::email.eq_any([email, lower.as_str()]))
            .order((accounts::email.eq(email).desc(), accounts::created_at))
            .first(conn)
            .await
            .optional()
    }

    /// Takes an address for a new account, or for one that moves there, until the end of the transaction; the account
    /// that has it already, if there is one.
    pub async fn claim_address(conn: &mut AsyncPgConnection, email: &str) -> QueryResult<Option<Self>> {
        // No index keeps addresses apart: an adopted database may have some twice.
        diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended('account ' || lower($1), 0))")
            .bind::<diesel::sql_types::Text, _>(email)
            .execute(conn)
            .await?;
        Self::find_by_email(conn, email).await
    }

    pub async fn insert(conn: &mut AsyncPgConnection, new: &Self) -> QueryResult<()> {
        diesel::insert_into(accounts::table).values(new).execute(conn).await.map(drop)
    }

    /// Changes an account; `None` if there is none.
    pub async fn update(
        conn: &mut AsyncPgConnection,
        id: AccountId,
        changes: &AccountChanges<'_>,
    ) -> QueryResult<Option<Self>> {
        diesel::update(accounts::table.filter(accounts::id.eq(id)))
            .set(changes)
            .returning(Self::as_returning())
            .get_result(conn)
            .await
            .optional()
    }

    /// Whether any account exists.
    pub async fn any(conn: &mut AsyncPgConnection) -> QueryResult<bool> {
        diesel::select(diesel::dsl::exists(accounts::table.select(accounts::id))).get_result(conn).await
    }
}

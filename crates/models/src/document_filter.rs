//! Documents by what is noted about them: one statement for any number of conditions and datasets.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::BoxedSqlQuery;
use diesel::query_builder::SqlQuery;
use diesel::sql_types::{Array, Double, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::{DatasetId, DocumentId, TenantId, like};

/// How a value is compared with what is noted.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    Contains(String),
    ContainsNot(String),
    StartsWith(String),
    EndsWith(String),
    Is(String),
    IsNot(String),
    Equals(f64),
    Differs(f64),
    Empty,
    NotEmpty,
    Less(f64),
    Greater(f64),
    AtMost(f64),
    AtLeast(f64),
    In(Vec<String>),
    NotIn(Vec<String>),
    /// What nothing fulfils: a number was to be compared, and none was given.
    Never,
}

/// A test of one field.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    pub field: String,
    pub test: Test,
}

/// Conditions of which all, or one, must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct DocumentFilter {
    pub any: bool,
    pub conditions: Vec<Condition>,
}

/// A value of a condition.
enum Bound {
    Text(String),
    Number(f64),
    Texts(Vec<String>),
}

impl DocumentFilter {
    /// The documents of the datasets that may be found and fit the filter; all of them where it has no conditions.
    pub async fn matching(
        &self,
        conn: &mut AsyncPgConnection,
        tenant: TenantId,
        datasets: &[DatasetId],
    ) -> QueryResult<Vec<DocumentId>> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = SqlUuid)]
            id: DocumentId,
        }
        let (condition, values) = self.sql(3);
        let statement = format!(
            "SELECT id FROM documents WHERE tenant_id = $1 AND dataset_id = ANY($2) \
             AND indexing_status = 'completed' AND enabled AND NOT archived AND ({condition})"
        );
        let mut query: BoxedSqlQuery<'_, Pg, SqlQuery> = diesel::sql_query(statement)
            .into_boxed::<Pg>()
            .bind::<SqlUuid, _>(tenant)
            .bind::<Array<SqlUuid>, _>(datasets);
        for value in values {
            query = match value {
                Bound::Text(text) => query.bind::<Text, _>(text),
                Bound::Number(number) => query.bind::<Double, _>(number),
                Bound::Texts(texts) => query.bind::<Array<Text>, _>(texts),
            };
        }
        let rows: Vec<Row> = query.load(conn).await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }

    /// The conditions with the values to bind, numbered from `first`.
    fn sql(&self, first: usize) -> (String, Vec<Bound>) {
        let mut values = Vec::new();
        let parts: Vec<String> =
            self.conditions.iter().map(|condition| condition.sql(first + values.len(), &mut values)).collect();
        if parts.is_empty() {
            return ("TRUE".to_owned(), values);
        }
        (parts.join(if self.any { " OR " } else { " AND " }), values)
    }
}

impl Condition {
    fn sql(&self, first: usize, values: &mut Vec<Bound>) -> String {
        let second = first + 1;
        let field = format!("(doc_metadata ->> ${first})");
        // Values may be texts that look like numbers; others must not fail the statement.
        let number =
            format!("(CASE WHEN {field} ~ '^-?[0-9]{{1,200}}(\\.[0-9]{{1,200}})?$' THEN {field}::numeric END)");
        let (sql, value) = match &self.test {
            Test::Never => return "FALSE".to_owned(),
            Test::In(list) if list.is_empty() => return "FALSE".to_owned(),
            Test::NotIn(list) if list.is_empty() => return "TRUE".to_owned(),
            Test::Contains(text) => (format!("{field} LIKE ${second}"), Some(Bound::Text(like::containing(text)))),
            Test::ContainsNot(text) => {
                (format!("{field} NOT LIKE ${second}"), Some(Bound::Text(like::containing(text))))
            }
            Test::StartsWith(text) => {
                (format!("{field} LIKE ${second}"), Some(Bound::Text(format!("{}%", like::literal(text)))))
            }
            Test::EndsWith(text) => {
                (format!("{field} LIKE ${second}"), Some(Bound::Text(format!("%{}", like::literal(text)))))
            }
            Test::Is(text) => (format!("{field} = ${second}"), Some(Bound::Text(text.clone()))),
            Test::IsNot(text) => (format!("{field} <> ${second}"), Some(Bound::Text(text.clone()))),
            Test::Equals(value) => (format!("{number} = ${second}::numeric"), Some(Bound::Number(*value))),
            Test::Differs(value) => (format!("{number} <> ${second}::numeric"), Some(Bound::Number(*value))),
            Test::Less(value) => (format!("{number} < ${second}::numeric"), Some(Bound::Number(*value))),
            Test::Greater(value) => (format!("{number} > ${second}::numeric"), Some(Bound::Number(*value))),
            Test::AtMost(value) => (format!("{number} <= ${second}::numeric"), Some(Bound::Number(*value))),
            Test::AtLeast(value) => (format!("{number} >= ${second}::numeric"), Some(Bound::Number(*value))),
            Test::In(list) => (format!("{field} = ANY(${second})"), Some(Bound::Texts(list.clone()))),
            Test::NotIn(list) => (format!("{field} <> ALL(${second})"), Some(Bound::Texts(list.clone()))),
            Test::Empty => (format!("{field} IS NULL"), None),
            Test::NotEmpty => (format!("{field} IS NOT NULL"), None),
        };
        // Postgres takes no NUL in a text, and no field or value has one.
        values.push(Bound::Text(self.field.replace('\0', "")));
        values.extend(value.map(Bound::clean));
        sql
    }
}

impl Bound {
    fn clean(self) -> Self {
        match self {
            Self::Text(text) => Self::Text(text.replace('\0', "")),
            Self::Texts(texts) => Self::Texts(texts.into_iter().map(|text| text.replace('\0', "")).collect()),
            Self::Number(number) => Self::Number(number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_bound_and_numbered() {
        let condition = |field: &str, test| Condition { field: field.to_owned(), test };
        let filter = DocumentFilter {
            any: true,
            conditions: vec![
                condition("a", Test::Is("x' OR 1=1".to_owned())),
                condition("b", Test::Empty),
                condition("c", Test::In(Vec::new())),
                condition("d", Test::StartsWith("5%".to_owned())),
            ],
        };
        let (sql, values) = filter.sql(3);
        assert_eq!(
            sql,
            "(doc_metadata ->> $3) = $4 OR (doc_metadata ->> $5) IS NULL OR FALSE OR (doc_metadata ->> $6) LIKE $7"
        );
        assert_eq!(values.len(), 5);
        assert!(matches!(values.last(), Some(Bound::Text(text)) if text == "5\\%%"));
        assert_eq!(DocumentFilter { any: false, conditions: Vec::new() }.sql(3).0, "TRUE");
    }
}

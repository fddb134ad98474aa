//! The `vector` type: its binary form is a count, a zero (both 16 bits) and the components, all big-endian.

use std::io::Write as _;

use diesel::deserialize::{self, FromSql};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::SqlType;

#[derive(Debug, SqlType, QueryId)]
#[diesel(postgres_type(name = "vector"))]
pub(super) struct SqlVector;

#[derive(Debug, Clone, AsExpression, deserialize::FromSqlRow)]
#[diesel(sql_type = SqlVector)]
pub(super) struct Vector(pub(super) Vec<f32>);

impl ToSql<SqlVector, Pg> for Vector {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let count = u16::try_from(self.0.len())?;
        let mut bytes = Vec::with_capacity(4 + self.0.len() * 4);
        bytes.extend(count.to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(self.0.iter().flat_map(|component| component.to_be_bytes()));
        out.write_all(&bytes)?;
        Ok(IsNull::No)
    }
}

impl FromSql<SqlVector, Pg> for Vector {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let [high, low, _, _, rest @ ..] = value.as_bytes() else { return Err("a vector is cut off".into()) };
        let (components, left) = rest.as_chunks::<4>();
        if components.len() != usize::from(u16::from_be_bytes([*high, *low])) || !left.is_empty() {
            return Err("a vector has another length than it says".into());
        }
        Ok(Self(components.iter().map(|bytes| f32::from_be_bytes(*bytes)).collect()))
    }
}

//! The types of a database's own (enums, domains, arrays of them), which the server is asked about once on each connection.

use super::encode;
use super::error::Stopped;
use super::exchange::{Exchange, Protocol};
use super::row::Column;
use super::take::Shown;
use orm_core::Datum;
use postgres_protocol::message::frontend;
use postgres_types::{Kind, Type};
use std::collections::HashMap;

/// How many types may stand on one another. The server has no cycles; what pretends to be one may.
const DEPTH_MAX: u32 = 32;

const QUESTION: &str = "SELECT t.typname::text, t.typtype::text, t.typelem, t.typbasetype, n.nspname::text \
                        FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
                        WHERE t.oid = $1";

/// The types that are known.
#[derive(Default)]
pub(super) struct Types(HashMap<u32, Type>);

/// What the catalogue says.
struct Entry {
    name: String,
    sort: String,
    element: u32,
    base: u32,
    schema: String,
}

impl Types {
    /// The type of a number, if the server need not be asked.
    pub(super) fn known(&self, oid: u32) -> Option<Type> {
        Type::from_oid(oid).or_else(|| self.0.get(&oid).cloned())
    }

    /// The columns of a description, if the server need not be asked.
    pub(super) fn known_columns(&self, described: &[(String, u32)]) -> Option<Vec<Column>> {
        let column = |(name, oid): &(String, u32)| Some(Column { name: name.clone(), ty: self.known(*oid)? });
        described.iter().map(column).collect()
    }

    /// The types of numbers, asking the server for those that are new.
    pub(super) fn all(&mut self, oids: &[u32], exchange: &mut Exchange) -> Result<Vec<Type>, Stopped> {
        oids.iter().map(|&oid| self.get(oid, exchange, 0)).collect()
    }

    /// The columns of a description, asking the server for the types that are new.
    pub(super) fn columns(
        &mut self,
        described: Vec<(String, u32)>,
        exchange: &mut Exchange,
    ) -> Result<Vec<Column>, Stopped> {
        let column = |(name, oid)| Ok(Column { name, ty: self.get(oid, exchange, 0)? });
        described.into_iter().map(column).collect()
    }

    fn get(&mut self, oid: u32, exchange: &mut Exchange, depth: u32) -> Result<Type, Stopped> {
        if let Some(known) = self.known(oid) {
            return Ok(known);
        }
        let Some(entry) = ask(oid, exchange)? else {
            return Ok(Type::new("unknown".to_owned(), oid, Kind::Simple, String::new()));
        };
        let deeper = depth + 1;
        let kind = match entry.sort.as_str() {
            _ if depth >= DEPTH_MAX => Kind::Simple,
            // Nobody here asks for the words of an enum, or the fields of a composite.
            "e" => Kind::Enum(Vec::new()),
            "d" => Kind::Domain(self.get(entry.base, exchange, deeper)?),
            "b" if entry.element != 0 => Kind::Array(self.get(entry.element, exchange, deeper)?),
            _ => Kind::Simple,
        };
        let ty = Type::new(entry.name, oid, kind, entry.schema);
        self.0.insert(oid, ty.clone());
        Ok(ty)
    }
}

/// Asks without a name: a pooler may give the next statement another server connection.
fn ask(oid: u32, exchange: &mut Exchange) -> Result<Option<Entry>, Stopped> {
    let out = &mut exchange.channel.out;
    frontend::parse("", QUESTION, [Type::OID.oid()], out).map_err(encode::too_long)?;
    encode::bind_and_execute("", &[Datum::UInt(oid.into())], &[Type::OID], out)?;
    frontend::sync(out);
    let column = |name: &str, ty: Type| Column { name: name.to_owned(), ty };
    let columns = [
        column("typname", Type::TEXT),
        column("typtype", Type::TEXT),
        column("typelem", Type::OID),
        column("typbasetype", Type::OID),
        column("nspname", Type::TEXT),
    ];
    let mut entry = None;
    let mut on_row = |row: &dyn orm_core::Row| {
        let text = |at| Ok::<_, orm_core::Error>(row.text(at)?.unwrap_or_default().to_owned());
        let oid = |at| Ok::<_, orm_core::Error>(row.integer(at)?.and_then(|oid| u32::try_from(oid).ok()).unwrap_or(0));
        entry = Some(Entry { name: text(0)?, sort: text(1)?, element: oid(2)?, base: oid(3)?, schema: text(4)? });
        Ok(())
    };
    let mut shown = Shown::new(&columns, Some(&mut on_row));
    exchange.request(Protocol::Extended, &mut shown)?;
    shown.counted()?;
    Ok(entry)
}

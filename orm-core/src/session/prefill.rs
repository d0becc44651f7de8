//! Loading rows of relations as objects: for `.with(..)` in a session, and for `related`.

use super::Session;
use super::collections::{Place, RelationId};
use super::lines::Lines;
use super::objects::Objects;
use super::read::by_key;
use crate::compile::{self, Compiled, Kept};
use crate::engine::{Effect, Touched, effect_of};
use crate::error::{Context, Result};
use crate::model::{Handle, Model};
use crate::query::node::SelectBody;
use crate::query::{Entity, LoadKey, LoadMap, LoadQuery, LoadSpec, Loads, Output, Path, Prefill};
use crate::row::{Row, RowReader};
use crate::session::fetch::FetchManaged;
use crate::value::{Datum, KeyParts};

impl Session {
    /// The rows of a query as handles and values, and the relations loaded with them as what `related` finds.
    pub(super) fn fetch<T, Q: FetchManaged<T>>(&mut self, query: &Q) -> Result<Vec<T>> {
        let manage = &mut |objects: &mut Objects, row: &dyn Row| Q::manage(objects, &mut RowReader::new(row, 0));
        self.fetch_with(query.body(), manage, |loads, into| Q::prefill(loads, into))
    }

    /// The same with closures for both.
    pub(super) fn fetch_with<T>(
        &mut self,
        body: &SelectBody,
        manage: &mut dyn FnMut(&mut Objects, &dyn Row) -> Result<T>,
        prefill: fn(&mut Loads, &mut Prefilling<'_>) -> Result<()>,
    ) -> Result<Vec<T>> {
        let Session { channel, objects, .. } = self;
        let channel = channel.as_mut().expect("the transaction was begun");
        let Kept { sql, binds, writes } = compile::kept_select(body, channel.dialect(), &*objects)?;
        let mut loads = Loads::of(body);
        objects.overwrite = body.lock.is_some();
        objects.begin_result();
        let mut rows = Vec::new();
        let result = channel.query(&sql, &binds, effect_of(body, writes), &mut |row| {
            rows.push(manage(objects, row)?);
            loads.note(row)
        });
        objects.overwrite = false;
        objects.end_result();
        self.note(if writes { Touched::Everything } else { Touched::Nothing });
        result?;
        let Session { channel, objects, .. } = self;
        loads.restart();
        prefill(&mut loads, &mut Prefilling { channel, objects })?;
        Ok(rows)
    }
}

impl Session {
    /// The row of a key by a statement whose text is written once for each model; `None` where the text depends on more than the
    /// model: on a lock, on who looks, or on the key's values.
    pub(super) fn fetch_by_text<M: Model>(&mut self, key: &M::Key, lock: bool) -> Result<Option<Option<Handle<M>>>> {
        let table = M::table();
        if lock || table.soft_delete.is_some() || table.tenant.is_some() {
            return Ok(None);
        }
        let key_datum = key.key_datum();
        let key_values = match &key_datum {
            Datum::Row(parts) => parts.as_slice(),
            single => std::slice::from_ref(single),
        };
        let Session { channel, objects, .. } = self;
        let channel = channel.as_mut().expect("the transaction was begun");
        let dialect = channel.dialect();
        let sql = match channel.facts().by_key(table, dialect) {
            Some(sql) if key_values.iter().all(is_plain) => sql,
            _ => {
                let query = by_key::<M>(key);
                let Compiled { sql, binds } = compile::select_statement(query.body(), dialect, &*objects)?;
                if binds != key_values || !binds.iter().all(is_plain) {
                    return Ok(None);
                }
                channel.facts().keep_by_key(table, dialect, &sql);
                sql.into()
            }
        };
        let mut found = None;
        channel.query(&sql, key_values, Effect::Reads, &mut |row| {
            found = Some(Entity::<M>::manage(objects, &mut RowReader::new(row, 0))?);
            Ok(())
        })?;
        if let Some(handle) = found {
            // Alone in its result.
            objects.store_any(table.number).set_alone(handle.slot());
        }
        Ok(Some(found))
    }
}

/// True for a value that is bound as it is, whatever it is.
fn is_plain(datum: &Datum<'_>) -> bool {
    matches!(datum, Datum::Int(_) | Datum::UInt(_) | Datum::Text(_) | Datum::Bytes(_) | Datum::Uuid(_))
}

/// A session while it loads relations.
pub(super) struct Prefilling<'s> {
    channel: &'s mut Lines,
    objects: &'s mut Objects,
}

impl Prefill for Prefilling<'_> {
    fn load<O: Output>(
        &mut self,
        spec: &LoadSpec,
        keys: Vec<Vec<Datum<'static>>>,
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        let id = RelationId::of(spec.target, spec.path).filter(|_| spec.is_whole());
        let owners = match spec.path {
            Path::To { .. } => Vec::new(),
            Path::From { owner, .. } | Path::Through { owner, .. } => {
                let place = |key: &Vec<Datum<'static>>| {
                    self.objects.place_of_key(owner, key).map(|place| (place, LoadKey::of(key)))
                };
                keys.iter().filter_map(place).collect()
            }
        };
        let mut found = load_rows::<O>(self.channel, self.objects, spec, keys, each)?;
        for (owner, key) in owners {
            if let Some(id) = id {
                self.objects.keep_collection(id, owner, found.remove(&key).unwrap_or_default());
            }
        }
        Ok(())
    }
}

/// Sends the statements of a load; the rows become objects, each under its owner's key, and one result.
pub(super) fn load_rows<O: Output>(
    channel: &mut Lines,
    objects: &mut Objects,
    spec: &LoadSpec,
    keys: Vec<Vec<Datum<'static>>>,
    each: &mut dyn FnMut(&dyn Row) -> Result<()>,
) -> Result<LoadMap<Vec<Place>>> {
    channel.go_to(spec.target.bind)?;
    let query = LoadQuery::of(spec);
    let mut found: LoadMap<Vec<Place>> = LoadMap::default();
    objects.begin_result();
    let mut statements = query.statements(keys);
    let result = statements.try_for_each(|body| {
        let compiled = compile::kept_select(&body, channel.dialect(), &*objects)?;
        channel.query(&compiled.sql, &compiled.binds, Effect::Reads, &mut |row| {
            let members = found.entry(query.owner(row)?).or_default();
            if members.len() < spec.most() {
                O::manage(objects, &mut RowReader::new(row, 0))?;
                members.extend(objects.last_read());
                each(row)?;
            }
            Ok(())
        })
    });
    objects.end_result();
    result.context(|| format!("load {}", spec.target.name))?;
    Ok(found)
}

//! Loading rows of relations as objects: for `.with(..)` in a session, and for `related`.

use super::Session;
use super::collections::{Place, RelationId};
use super::objects::Objects;
use crate::compile::{self, Compiled};
use crate::engine::{Channel, Effect, effect_of, touched_by};
use crate::error::{Context, Result};
use crate::query::node::SelectBody;
use crate::query::{LoadKey, LoadMap, LoadQuery, LoadSpec, Loads, Output, Path, Prefill};
use crate::row::{Row, RowReader};
use crate::session::fetch::FetchManaged;
use crate::value::Datum;

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
        let Compiled { sql, binds } = compile::select_statement(body, channel.dialect(), &*objects)?;
        let mut loads = Loads::of(body);
        objects.overwrite = body.lock.is_some();
        objects.begin_result();
        let mut rows = Vec::new();
        let result = channel.query(&sql, &binds, effect_of(body), &mut |row| {
            rows.push(manage(objects, row)?);
            loads.note(row)
        });
        objects.overwrite = false;
        objects.end_result();
        self.note(touched_by(body));
        result?;
        let Session { channel, objects, .. } = self;
        let channel = channel.as_mut().expect("the transaction was begun");
        loads.restart();
        prefill(&mut loads, &mut Prefilling { channel, objects })?;
        Ok(rows)
    }
}

/// A session while it loads relations.
pub(super) struct Prefilling<'s> {
    channel: &'s mut Channel,
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
    channel: &mut Channel,
    objects: &mut Objects,
    spec: &LoadSpec,
    keys: Vec<Vec<Datum<'static>>>,
    each: &mut dyn FnMut(&dyn Row) -> Result<()>,
) -> Result<LoadMap<Vec<Place>>> {
    let query = LoadQuery::of(spec);
    let mut found: LoadMap<Vec<Place>> = LoadMap::default();
    objects.begin_result();
    let mut statements = query.statements(keys);
    let result = statements.try_for_each(|body| {
        let compiled = compile::select_statement(&body, channel.dialect(), &*objects)?;
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

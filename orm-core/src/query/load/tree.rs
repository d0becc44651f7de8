//! Trees: a relation from a model to itself, loaded to a depth by one statement for each level.

use super::{LoadKey, LoadMap, LoadQuery, LoadSpec, Loader, Loads, Nested, Prefill};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Handle, Model};
use crate::query::output::{Entity, Keeper, Output};
use crate::query::relation::{HasMany, Path, Relation};
use crate::row::RowReader;
use crate::value::Datum;
use std::marker::PhantomData;

/// A row with the rows below it: what [`recursive`](Relation::recursive) loads.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// fn names(tree: &Tree<Category>) -> String {
///     let below: Vec<String> = tree.children.iter().map(names).collect();
///     format!("{}({})", tree.node.name, below.join(" "))
/// }
/// let query = select::<Category>().filter(|c| c.name.eq("food")).with(|c| c.children.recursive(5));
/// let (_, below) = connection.one(query)?;
/// assert_eq!(below.iter().map(names).collect::<Vec<_>>(), ["fruit(apples())", "bread()"]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree<T> {
    /// The row.
    pub node: T,
    /// The rows right below it, each with its own; empty at the depth that was asked for.
    pub children: Vec<Tree<T>>,
}

/// The output shape of a tree.
pub struct TreeOf<M>(PhantomData<fn() -> M>);

/// A relation that can be followed to a depth: a `has_many` from a model to itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be followed to a depth",
    label = "this does not lead from a model to itself",
    note = "`recursive` is for a has_many(..) from a model to itself, such as `has_many(children = Category::parent)`"
)]
pub trait Hierarchy: Relation {}
impl<M: Model> Hierarchy for HasMany<M, M> {}

impl<R: Hierarchy> Nested<R, Entity<R::Target>> {
    /// The rows and those below them, see [`Relation::recursive`]; the filter, order and limit hold on every level.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let query = select::<Category>().with(|c| c.children.order_by(|c| c.name).limit(1).recursive(3));
    /// let rows = connection.all(query.order_by(|c| c.id))?;
    /// assert_eq!(rows[0].1[0].node.name, "bread"); // the first by name, and no other
    /// # Ok::<(), Error>(())
    /// ```
    pub fn recursive(mut self, depth: u32) -> Nested<R, TreeOf<R::Target>> {
        self.spec.depth = depth;
        Nested { spec: self.spec, shape: PhantomData }
    }
}

/// The load of the level below the rows of a load.
fn below(spec: &LoadSpec) -> LoadSpec {
    let path = match spec.path {
        Path::From { at: _, owner, field } => Path::From { at: spec.at, owner, field },
        other => other,
    };
    LoadSpec { path, nested: Vec::new(), ..spec.clone() }
}

/// The load of a level, whose rows come with the key that the level below asks by.
fn level(spec: &LoadSpec) -> (LoadSpec, LoadSpec) {
    let below = below(spec);
    (LoadSpec { nested: vec![below.clone()], ..spec.clone() }, below)
}

/// The rows of a level: each with its own key, under its owner's.
type Level<M> = Vec<(LoadKey, LoadKey, M)>;

/// Puts the levels together, from the lowest up.
fn assemble<M>(levels: Vec<Level<M>>, most: usize) -> LoadMap<Vec<Tree<M>>> {
    let mut below: LoadMap<Vec<Tree<M>>> = LoadMap::default();
    for rows in levels.into_iter().rev() {
        let mut trees: LoadMap<Vec<Tree<M>>> = LoadMap::default();
        for (owner, key, node) in rows {
            let siblings = trees.entry(owner).or_default();
            if siblings.len() < most {
                siblings.push(Tree { node, children: below.remove(&key).unwrap_or_default() });
            }
        }
        below = trees;
    }
    below
}

impl<M: Model> Output for TreeOf<M> {
    type Plain = Tree<M>;
    type Managed = Handle<M>;
    type Nullable = Self;
    type Partial = Tree<M>;
    fn fetch_items(
        spec: &LoadSpec,
        mut keys: Vec<Vec<Datum<'static>>>,
        loader: &mut dyn Loader,
        found: &mut LoadMap<Vec<Tree<M>>>,
    ) -> Result<()> {
        let (mut spec, mut below) = level(spec);
        let mut levels: Vec<Level<M>> = Vec::new();
        for _ in 0..spec.depth {
            let query = LoadQuery::of(&spec);
            let mut loads = Loads::new(&spec.nested, spec.target.columns.len());
            let mut rows: Level<M> = Vec::new();
            for body in query.statements(keys) {
                loader.select(&body, &mut |row| {
                    loads.restart();
                    let key = super::note_key(row, &mut loads, 0)?;
                    rows.push((query.owner(row)?, key, M::read(&mut RowReader::new(row, 0))?));
                    Ok(())
                })?;
            }
            loads.restart();
            keys = std::mem::take(&mut loads.next().keys);
            levels.push(rows);
            if keys.is_empty() {
                break;
            }
            (spec, below) = level(&below);
        }
        found.extend(assemble(levels, below.most()));
        Ok(())
    }
    fn prefill_items<P: Prefill>(spec: &LoadSpec, mut keys: Vec<Vec<Datum<'static>>>, into: &mut P) -> Result<()> {
        let mut of = spec.clone();
        for _ in 0..spec.depth {
            let (spec, below) = level(&of);
            let mut loads = Loads::new(&spec.nested, spec.target.columns.len());
            into.load::<Entity<M>>(&spec, keys, &mut |row| loads.note(row))?;
            loads.restart();
            keys = std::mem::take(&mut loads.next().keys);
            if keys.is_empty() {
                break;
            }
            of = below;
        }
        Ok(())
    }
    fn partial(_row: &mut RowReader<'_>, _loads: &mut Loads) -> Result<Tree<M>> {
        Err(all_together())
    }
    fn run_loads(_loads: &mut Loads, _loader: &mut dyn Loader) -> Result<()> {
        Ok(())
    }
    fn complete(partial: Tree<M>, _loads: &mut Loads) -> Result<Tree<M>> {
        Ok(partial)
    }
    fn read(_row: &mut RowReader<'_>) -> Result<Tree<M>> {
        Err(all_together())
    }
    fn manage<K: Keeper>(keeper: &mut K, row: &mut RowReader<'_>) -> Result<Handle<M>> {
        keeper.keep(row)
    }
}

fn all_together() -> Error {
    Error::new(ErrorKind::Misuse, "the rows of a tree come all together: use `with` and `recursive`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn puts_levels_together_under_their_owners() {
        let key = |number: i64| LoadKey::Integer(number);
        let row = |owner: i64, own: i64| (key(owner), key(own), own);
        let levels = vec![vec![row(1, 2), row(1, 3)], vec![row(3, 4)]];
        let found = assemble(levels, usize::MAX);
        let leaf = |node: i64| Tree { node, children: vec![] };
        assert_eq!(found[&key(1)], [leaf(2), Tree { node: 3, children: vec![leaf(4)] }]);
        assert_eq!(assemble(vec![vec![row(1, 2), row(1, 3)]], 1)[&key(1)], [leaf(2)]);
    }
}

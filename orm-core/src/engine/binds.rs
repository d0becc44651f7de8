//! Several databases in one application: engines by the names that models give their databases.

use super::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::schema::Table;
use std::sync::Arc;

/// The databases beside the engine's own.
pub(super) type Binds = Vec<(Arc<str>, Engine)>;

impl Engine {
    /// The same engine with another database, for the models with `#[orm(bind = "..")]` of this name; `EngineOptions::bind` does
    /// this. It may be of another kind, and keeps its own pool, listeners and replicas.
    ///
    /// # Errors
    /// `Misuse` for a name that is taken.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = create_engine("sqlite::memory:")?.with_bind("analytics", create_engine("sqlite::memory:")?)?;
    /// assert_eq!(engine.bind("analytics")?.dialect().name, "SQLite");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with_bind(mut self, name: &str, database: Engine) -> Result<Engine> {
        let mut binds = self.binds.as_deref().cloned().unwrap_or_default();
        if binds.iter().any(|(known, _)| **known == *name) {
            return Err(Error::new(ErrorKind::Misuse, format!("there is a database `{name}` already")));
        }
        let name: Arc<str> = name.into();
        binds.push((Arc::clone(&name), Engine { name: Some(name), binds: None, ..database }));
        self.binds = Some(Arc::new(binds));
        Ok(self)
    }

    /// The engine of a database by the name that models give it.
    ///
    /// # Errors
    /// `Misuse` for a name that this engine does not know; the text lists those it does.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let error = engine().bind("analytics").expect_err("there is one database");
    /// assert_eq!(error.kind(), ErrorKind::Misuse);
    /// ```
    pub fn bind(&self, name: &str) -> Result<Engine> {
        if self.name.as_deref() == Some(name) {
            return Ok(self.clone());
        }
        let known = || self.binds.iter().flat_map(|binds| binds.iter());
        if let Some((_, engine)) = known().find(|(known, _)| **known == *name) {
            return Ok(engine.clone());
        }
        let names: Vec<String> = known().map(|(known, _)| format!("`{known}`")).collect();
        let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let message = format!("the engine has no database `{name}`; known are {known}: see `EngineOptions::bind`");
        Err(Error::new(ErrorKind::Misuse, message))
    }

    /// The other databases with their names.
    pub(super) fn binds(&self) -> impl Iterator<Item = (&str, &Engine)> {
        self.binds.iter().flat_map(|binds| binds.iter()).map(|(name, engine)| (&**name, engine))
    }

    /// The database of a name as this engine sees it: none for its own.
    pub(crate) fn place_of(&self, bind: Option<&'static str>) -> Option<&'static str> {
        bind.filter(|bind| self.name.as_deref() != Some(*bind))
    }

    /// The tables by database, each in the order in which they come, and the engine of each.
    pub(super) fn by_database(&self, tables: &[&'static Table]) -> Result<Vec<(Engine, Vec<&'static Table>)>> {
        let mut places: Vec<(Option<&'static str>, Vec<&'static Table>)> = Vec::new();
        for table in tables {
            let bind = self.place_of(table.bind);
            match places.iter_mut().find(|(known, _)| *known == bind) {
                Some((_, tables)) => tables.push(table),
                None => places.push((bind, vec![table])),
            }
        }
        let engine = |bind: Option<&'static str>| bind.map_or_else(|| Ok(self.clone()), |bind| self.bind(bind));
        places.into_iter().map(|(bind, tables)| Ok((engine(bind)?, tables))).collect()
    }
}

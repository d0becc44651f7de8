//! The options of an engine that name further databases.

use super::{EngineOptions, parsed};
use crate::url::Url;

impl EngineOptions {
    /// A further database, for the models with `#[orm(bind = "..")]` of this name. It may be of another kind, has a pool of its own
    /// with the settings of this one, and no replicas; a provider of passwords is asked for its own as well.
    /// [`Engine::with_bind`](orm_core::Engine::with_bind) takes an engine with other settings.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// # #[cfg(all(feature = "sqlite", feature = "postgres"))] {
    /// let engine = EngineOptions::new("postgresql://ada@db.example/shop").bind("analytics", "sqlite:///visits.db").create()?;
    /// assert_eq!(engine.bind("analytics")?.dialect().name, "SQLite");
    /// # }
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn bind(mut self, name: &str, url: &str) -> EngineOptions {
        self.binds.push((name.to_owned(), parsed(url)));
        self
    }

    /// A further database by a URL made with its builder; as [`bind`](EngineOptions::bind).
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let visits = Url::builder("postgresql").user("ada").password("p@ss/word").host("db.example").database("visits").build()?;
    /// let options = EngineOptions::new("postgresql://ada@db.example/shop").bind_url("analytics", visits);
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn bind_url(mut self, name: &str, url: Url) -> EngineOptions {
        self.binds.push((name.to_owned(), Ok(url)));
        self
    }
}

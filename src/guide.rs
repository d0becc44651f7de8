//! Pages to read: SQL and SQLAlchemy side by side with this library, what a session does and when, how to watch what happens,
//! copies of a database and several of them, what goes wrong and what is guaranteed then, encrypted connections, passwords that
//! change, databases of Amazon RDS, what only some databases have, and distributed ones.
//!
//! They are the files in `docs/` of the repository. Their examples are tests of `orm-doc`, not documentation tests: what an
//! example needs before it would stand in the way of a reader.

// A link to another page is defined here before the page defines it as a link to a file.

#[doc = "[session]: crate::guide::session\n\n"]
#[cfg_attr(not(doctest), doc = include_str!("../docs/from-sql.md"))]
pub mod from_sql {}

#[doc = "[from-sql]: crate::guide::from_sql\n[session]: crate::guide::session\n[observability]: crate::guide::observability\n\n"]
#[cfg_attr(not(doctest), doc = include_str!("../docs/from-sqlalchemy.md"))]
pub mod from_sqlalchemy {}

#[doc = "[from-sql]: crate::guide::from_sql\n\n"]
#[cfg_attr(not(doctest), doc = include_str!("../docs/session.md"))]
pub mod session {}

#[cfg_attr(not(doctest), doc = include_str!("../docs/databases.md"))]
pub mod databases {}

#[cfg_attr(not(doctest), doc = include_str!("../docs/reliability.md"))]
pub mod reliability {}

#[cfg_attr(not(doctest), doc = include_str!("../docs/tls.md"))]
pub mod tls {}

#[cfg_attr(not(doctest), doc = include_str!("../docs/observability.md"))]
pub mod observability {}

#[doc = "[aws-rds]: crate::guide::aws_rds\n\n"]
#[cfg_attr(not(doctest), doc = include_str!("../docs/passwords.md"))]
pub mod passwords {}

#[doc = "[tls]: crate::guide::tls\n[passwords]: crate::guide::passwords\n\n"]
#[cfg_attr(not(doctest), doc = include_str!("../docs/aws-rds.md"))]
pub mod aws_rds {}

#[cfg_attr(not(doctest), doc = include_str!("../docs/extensions.md"))]
pub mod extensions {}

#[doc = "[reliability]: crate::guide::reliability\n[passwords]: crate::guide::passwords\n\n"]
#[cfg_attr(not(doctest), doc = include_str!("../docs/distributed.md"))]
pub mod distributed {}

//! The derive macros of `orm`: `Model`, `Embed`, `SqlType`, `SqlEnum` and `FromRow`.
//!
//! Use them through `orm`, which the output refers to by the path `::orm`. A macro sees names, not types: it knows a
//! reference by its name `Ref`, and NULL by the name `Option`, so neither can stand under an alias.
//!
//! Each macro goes the same way: tokens → a typed model (`definition`) → `check` → `expand`. All mistakes of a struct are
//! reported at once.

mod attr;
mod check;
mod definition;
mod errors;
mod expand;
mod naming;
mod shape;
#[cfg(test)]
mod tests;

use definition::Derive;
use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct the row of a table, or an enum a row of several kinds.
///
/// Beside the implementations it makes `UserFields<N>`, a struct with a `Field` for each column and a value for each
/// relation: what the closures of queries get. The struct needs `Clone`, named fields, and no parameters; a model that it
/// refers to must be as visible as itself.
///
/// ```
/// use orm::prelude::*;
///
/// #[derive(Model, Clone, Debug, PartialEq)]
/// #[orm(table = "users", has_many(posts = Post::author), index(email, name))]
/// pub struct User {
///     #[orm(primary_key)]
///     pub id: i64,
///     #[orm(unique, length = 80)]
///     pub name: String,
///     pub email: Option<String>,
/// }
///
/// #[derive(Model, Clone, Debug, PartialEq)]
/// pub struct Post {
///     #[orm(primary_key)]
///     pub id: i64,
///     #[orm(on_delete = "cascade")]
///     pub author: Ref<User>,
/// }
///
/// let ddl = Schema::of::<(User, Post)>().ddl(&orm::dialect::POSTGRES)?;
/// assert!(ddl[0].starts_with("CREATE TABLE"));
/// # Ok::<(), Error>(())
/// ```
///
/// # On the struct
///
/// | attribute | meaning |
/// |---|---|
/// | `table = "users"` | The table's name; otherwise the struct's in snake case: `BlogPost` → `blog_post` |
/// | `primary_key(year, number)` | The key, instead of `primary_key` on each field; in the order of the fields |
/// | `index(author, title)` | An index. With `name = ".."`, a name of its own; with `where = "sql"`, a partial index. Repeatable |
/// | `unique(author, title)` | A UNIQUE constraint, or with `where = "sql"` a partial unique index. Repeatable |
/// | `fulltext(title, body)` | An index for `full_text((title, body))`, where the database has it. With `name = ".."`, a name of its own; with `language = ".."`, a text search configuration of PostgreSQL (`simple` without). Repeatable |
/// | `check = "sql"`, `check(name = "..", "sql")` | A CHECK constraint; `{field}` in it stands for the quoted column. Repeatable |
/// | `comment = ".."` | A comment on the table, where the database keeps comments |
/// | `bind = "analytics"` | The database that the table is in, by the name that `EngineOptions::bind` gives it; the engine's own if left out |
/// | `hooks` | The struct has hooks: `impl Hooks for User { .. }` says what is done before its rows are written and after they are read |
/// | `has_many(posts = Post::author)` | The rows of another model whose `Ref` field refers to this one. A list, repeatable |
/// | `has_one(profile = Profile::user)` | The same where there is at most one |
/// | `many_to_many(groups = Membership::user => Membership::group)` | Two `Ref` fields of a model between: here, and to the other side |
/// | `discriminator = "kind"` | On an enum: the column that tells its variants apart |
///
/// An index names fields, not columns; a field of an embedded struct is `address.city`.
///
/// # On a field
///
/// | attribute | meaning |
/// |---|---|
/// | `primary_key` | The key, or a part of it. The type of the key of a `Ref<User>` is `User`'s |
/// | `generated = ..` | Who makes the key. `true`: a sequence of the database, 0 means "not yet"; what a single integer does anyway. `"client"`: this library, nil means "not yet"; what a single `Uuid` does anyway. `"server"`: the column's default. `false`: the program |
/// | `column = "name"` | The column's name; otherwise the field's, and `author_id` for `author: Ref<..>` |
/// | `unique`, `index` | A UNIQUE constraint or an index of this field alone |
/// | `length = 80` | VARCHAR(80) instead of TEXT; for texts and bytes |
/// | `precision = 10, scale = 2` | Digits in all and behind the point; for decimals |
/// | `collation = "name"` | The collation, by its name in the database; for texts |
/// | `server_default = "sql"` | What the database takes when the column is left out, as an `Auto<..>` can be |
/// | `computed = "sql"` | The database computes the column: when it is written (`stored`, the default) or read (`virtual`) |
/// | `read_back` | A trigger writes the column, so that it is read after each write |
/// | `version` | The counter of optimistic locking; an integer |
/// | `soft_delete` | The mark of a deleted row: an optional time, or a `bool`. `session.delete` sets it, and queries leave such rows out. Rows that refer to it stay, unless their reference says `by = "session"` and they have a mark of their own, which gets the same time |
/// | `tenant` | Whose the row is: queries and writes keep to the rows of the session's tenant |
/// | `check = "sql"` | A CHECK constraint of this column |
/// | `comment = ".."` | A comment on the column |
/// | `on_delete = ".."`, `on_update = ".."` | What the database does to this row when the one referred to goes or changes its key: `"no_action"` (the default), `"restrict"`, `"cascade"`, `"set_null"`, `"set_default"`; on a `Ref` |
/// | `by = "session"` | With `on_delete = "cascade"`: the session deletes these rows by statement, with those of other models below them, before the row that they refer to. That one's model must name the relation (`has_many`, ..); the database itself refuses to delete a row that is still referred to, also from a bulk `delete` |
/// | `deferrable` | The reference is checked at COMMIT, where the database can do that |
/// | `embed`, `prefix = "home_"` | The fields of a struct with `#[derive(Embed)]` as columns of this table; the prefix is otherwise the field's name and `_` |
/// | `skip` | No column; `Default::default()` when the row is read |
///
/// # An enum
///
/// Rows of several kinds in one table: each variant is a kind, with named fields, and the discriminator is a column of texts
/// that says which. Queries give the enum; a session notes its changes, also to another variant.
///
/// A field that all variants have is one column, NOT NULL unless it is an `Option`; the primary key and a version are such
/// fields. A field that only some have is a column that is NULL for the others, so that `MediaFields` has it as an `Option`.
/// Fields of one name have one type, and their attributes where they stand first. A row whose discriminator is unknown, or
/// that lacks what its variant needs, is a `Decode` error.
///
/// ```
/// # use orm_doc::*;
/// #[derive(Model, Clone, Debug, PartialEq)]
/// #[orm(table = "media", discriminator = "kind")]
/// pub enum Media {
///     Book {
///         #[orm(primary_key)]
///         id: i64,
///         title: String,
///         pages: i32,
///     },
///     #[orm(value = "movie")] // otherwise the variant's name in snake case
///     Film { id: i64, title: String, minutes: i32 },
/// }
///
/// let engine = create_engine("sqlite::memory:")?;
/// Schema::of::<(Media,)>().create_all(&engine)?;
/// let mut session = engine.session();
/// let alien = session.add(Media::Film { id: 0, title: "Alien".into(), minutes: 117 });
/// session.add(Media::Book { id: 0, title: "Emma".into(), pages: 474 });
/// let long = session.all(select::<Media>().filter(|m| m.kind.eq("movie") & m.minutes.gt(90)))?;
/// assert_eq!(long, [alien]);
/// if let Media::Film { minutes, .. } = &mut session[alien] {
///     *minutes += 20; // the director's cut
/// }
/// session.commit()?; // UPDATE media SET minutes = ? WHERE id = ?
/// # Ok::<(), Error>(())
/// ```
#[proc_macro_derive(Model, attributes(orm))]
pub fn derive_model(input: TokenStream) -> TokenStream {
    expand::record(parse_macro_input!(input as DeriveInput), Derive::Model).into()
}

/// Makes a struct embeddable: a field of it with `#[orm(embed)]` has its fields as columns.
///
/// The fields take the attributes of a model's fields but `primary_key`, `generated` and `version`; the struct takes none.
///
/// ```
/// # use orm::prelude::*;
/// #[derive(Embed, Clone, Debug, PartialEq)]
/// pub struct Address {
///     pub street: String,
///     pub city: String,
/// }
///
/// #[derive(Model, Clone, Debug, PartialEq)]
/// #[orm(index(home.city))]
/// pub struct User {
///     #[orm(primary_key)]
///     pub id: i64,
///     #[orm(embed)]
///     pub home: Address, // columns home_street and home_city
/// }
///
/// let in_rome = select::<User>().filter(|u| u.home.city.eq("Rome"));
/// # let _ = in_rome;
/// ```
#[proc_macro_derive(Embed, attributes(orm))]
pub fn derive_embed(input: TokenStream) -> TokenStream {
    expand::record(parse_macro_input!(input as DeriveInput), Derive::Embed).into()
}

/// Makes a newtype a column type: the one that its inner type is.
///
/// What the type can do in SQL beside being compared is said by an attribute of the struct: `number` (arithmetic, `sum`),
/// `text` (`like`, `lower`), `boolean` (a condition). A newtype becomes a key by an empty `impl`.
///
/// ```
/// # use orm::prelude::*;
/// #[derive(SqlType, Clone, Copy, Debug, PartialEq)]
/// #[orm(number)]
/// pub struct Cents(i64);
///
/// #[derive(SqlType, Clone, Copy, Debug, PartialEq, Eq, Hash)]
/// pub struct AccountId(i64);
/// impl orm::Key for AccountId {}
///
/// #[derive(Model, Clone, Debug, PartialEq)]
/// pub struct Account {
///     #[orm(primary_key, generated = false)]
///     pub id: AccountId,
///     pub balance: Cents,
/// }
/// let rich = select::<Account>().filter(|a| a.balance.gt(Cents(100_000_00)));
/// # let _ = rich;
/// ```
#[proc_macro_derive(SqlType, attributes(orm))]
pub fn derive_sql_type(input: TokenStream) -> TokenStream {
    expand::newtype(parse_macro_input!(input as DeriveInput)).into()
}

/// Makes an enum of plain variants a column of texts.
///
/// A variant is stored as its name in snake case, or as `#[orm(rename = "..")]` says. The database checks that there is no
/// other text; one that it holds nevertheless is a `Decode` error.
///
/// ```
/// # use orm::prelude::*;
/// #[derive(SqlEnum, Clone, Copy, Debug, PartialEq)]
/// pub enum Status {
///     Draft,
///     InReview, // in_review
///     #[orm(rename = "live")]
///     Published,
/// }
///
/// #[derive(Model, Clone, Debug, PartialEq)]
/// pub struct Article {
///     #[orm(primary_key)]
///     pub id: i64,
///     pub status: Status,
/// }
/// let waiting = select::<Article>().filter(|a| a.status.in_([Status::Draft, Status::InReview]));
/// # let _ = waiting;
/// ```
#[proc_macro_derive(SqlEnum, attributes(orm))]
pub fn derive_sql_enum(input: TokenStream) -> TokenStream {
    expand::sql_enum(parse_macro_input!(input as DeriveInput)).into()
}

/// Reads a struct from the columns of raw SQL, left to right: the names of the fields play no part. Also makes it what a typed
/// query can be read into, with `into_struct`.
///
/// A field is a column type, a tuple of these, a model, or another struct with this derive. A model has it already.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// #[derive(FromRow)]
/// struct Total {
///     author: i64,
///     posts: i64,
/// }
///
/// let statement = "SELECT author_id, count(*) FROM posts GROUP BY author_id ORDER BY author_id";
/// let totals: Vec<Total> = connection.all(sql(statement))?;
/// assert_eq!((totals[0].author, totals[0].posts), (1, 2));
/// # Ok::<(), Error>(())
/// ```
///
/// With `#[orm(by_name)]` the columns of raw SQL are found by their names, once for each statement: those of the fields, or of
/// `#[orm(column = "..")]`. They may come in any order; one that is missing or has no field is a `Decode` error. Each field is
/// one column then, and the struct a whole row.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// #[derive(FromRow)]
/// #[orm(by_name)]
/// struct Total {
///     #[orm(column = "author_id")]
///     author: i64,
///     posts: i64,
/// }
///
/// let statement = "SELECT count(*) AS posts, author_id FROM posts GROUP BY author_id ORDER BY author_id";
/// let totals: Vec<Total> = connection.all(sql(statement))?;
/// assert_eq!((totals[0].author, totals[0].posts), (1, 2));
/// # Ok::<(), Error>(())
/// ```
#[proc_macro_derive(FromRow, attributes(orm))]
pub fn derive_from_row(input: TokenStream) -> TokenStream {
    expand::from_row(parse_macro_input!(input as DeriveInput)).into()
}

//! Reading through a session: queries, `get`, `refresh`, `merge`, and statements beside the objects.

use super::fetch::FetchManaged;
use super::key::{IntoKey, Wanted};
use super::state::{Gone, State};
use super::{Session, no_object};
use crate::engine::{Channel, Execute, Fetch, Run, Touched, none, several, table_name, touched_by};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Fields, Handle, Model};
use crate::query::node::{Node, SelectBody};
use crate::query::{Query, Scoping, Select, select};
use crate::row::{Data, RowReader};
use crate::value::{KeyParts, Writer};
use std::panic::Location;

impl Session {
    /// Flushes if there is something to flush, and begins the transaction: what every statement does first.
    #[track_caller]
    pub(super) fn prepare(&mut self, bind: Option<&'static str>) -> Result<()> {
        self.called_at(Location::caller());
        self.refuse_if_failed()?;
        if self.autoflush && !self.in_listener() {
            self.flush()?;
        }
        self.channel.go_to(bind)
    }

    /// All rows of a query: a handle for each entity, the same handle for the same row.
    ///
    /// # Errors
    /// What a flush or the database refuses, `Decode`, `Unsupported`, `SessionFailed`.
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let users: Vec<Handle<User>> = session.all(select::<User>().filter(|u| u.posts.any(|_| true)))?;
    /// let titled: Vec<(Handle<User>, String)> =
    ///     session.all(select::<User>().join(|u| u.posts).columns(|(u, p)| (u, p.title)))?;
    /// assert_eq!(titled[0].0, users[0]);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn all<T, Q: FetchManaged<T>>(&mut self, query: Q) -> Result<Vec<T>> {
        self.prepare(query.body().bind())?;
        self.fetch(&query)
    }

    /// The first row of a query, if there is one.
    ///
    /// # Errors
    /// As [`all`](Session::all).
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let best = session.first(select::<Post>().order_by(|p| p.score.desc()))?.expect("there are posts");
    /// assert_eq!(session[best].title, "Hello");
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn first<T, Q: FetchManaged<T>>(&mut self, query: Q) -> Result<Option<T>> {
        Ok(self.all(query.at_most(1))?.into_iter().next())
    }

    /// The only row of a query.
    ///
    /// # Errors
    /// `NotFound` when there is none, `MultipleRows` when there are several, and as [`all`](Session::all).
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let bob = session.one(select::<User>().filter(|u| u.username.eq("bob")))?;
    /// assert_eq!(session[bob].id, 2);
    /// assert_eq!(session.one(select::<User>()).unwrap_err().kind(), ErrorKind::MultipleRows);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn one<T, Q: FetchManaged<T>>(&mut self, query: Q) -> Result<T> {
        let name = table_name(query.body());
        self.one_or_none(query)?.ok_or_else(|| none(name))
    }

    /// The only row of a query, if there is one.
    ///
    /// # Errors
    /// `MultipleRows` when there are several, and as [`all`](Session::all).
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// assert_eq!(session.one_or_none(select::<User>().filter(|u| u.username.eq("eve")))?, None);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn one_or_none<T, Q: FetchManaged<T>>(&mut self, query: Q) -> Result<Option<T>> {
        let mut rows = self.all(query.at_most(2))?;
        if rows.len() > 1 { Err(several()) } else { Ok(rows.pop()) }
    }

    /// How many rows a query has.
    ///
    /// # Errors
    /// `Misuse` for a query that locks rows, and as [`all`](Session::all).
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// session.add(user("dora"));
    /// assert_eq!(session.count(select::<User>())?, 4); // it flushed first
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn count<S, O>(&mut self, query: Select<S, O>) -> Result<u64> {
        self.ask(query.body(), |run, body| run.count(body))
    }

    /// Whether a query has a row.
    ///
    /// # Errors
    /// `Misuse` for a query that locks rows, and as [`all`](Session::all).
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// assert!(!session.exists(select::<User>().filter(|u| u.username.eq("eve")))?);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn exists<S, O>(&mut self, query: Select<S, O>) -> Result<bool> {
        self.ask(query.body(), |run, body| run.exists(body))
    }

    /// Plain rows of any statement, in the session's transaction: structs instead of handles, raw SQL, RETURNING.
    ///
    /// # Errors
    /// As [`all`](Session::all).
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let users: Vec<(User, Vec<Post>)> = session.rows(select::<User>().with(|u| u.posts))?;
    /// let names: Vec<String> = session.rows(sql("SELECT username FROM users"))?;
    /// assert_eq!(users.len(), names.len());
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn rows<T, Q: Fetch<T>>(&mut self, query: Q) -> Result<Vec<T>> {
        self.prepare(query.bind())?;
        let touched = query.touched();
        let rows = self.run(|run| run.all(query))?;
        self.note(touched);
        Ok(rows)
    }

    /// Runs a bulk statement in the session's transaction and tells how many rows it wrote. The session flushes first, and reads
    /// the table's rows anew afterwards (all rows, after raw SQL).
    ///
    /// # Errors
    /// As [`all`](Session::all).
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let alice = session.get::<User>(1)?.expect("alice is there");
    /// session.execute(update::<User>().set(|u| u.email.to(None)).every_row())?;
    /// assert_eq!(session.get(alice)?, Some(alice)); // SELECT: what the session knew is stale
    /// assert_eq!(session[alice].email, None);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn execute(&mut self, statement: impl Execute) -> Result<u64> {
        self.prepare(statement.bind())?;
        let touched = statement.touched();
        let result = self.run(|run| statement.run(run));
        self.note(touched);
        result
    }

    /// Asks something of a query, which may change rows in its WITH clause.
    #[track_caller]
    fn ask<T>(&mut self, body: &SelectBody, ask: impl FnOnce(&mut Run<'_>, &SelectBody) -> Result<T>) -> Result<T> {
        self.prepare(body.bind())?;
        let answer = self.run(|run| ask(run, body));
        self.note(touched_by(body));
        answer
    }

    pub(super) fn note(&mut self, touched: Touched) {
        match touched {
            Touched::Nothing => return,
            Touched::Table(table) => self.objects.rows_changed(Some(table)),
            Touched::Everything => self.objects.rows_changed(None),
        }
        self.objects.drop_collections();
    }

    pub(super) fn run<T>(&mut self, work: impl FnOnce(&mut Run<'_>) -> Result<T>) -> Result<T> {
        let Session { channel, objects, .. } = self;
        let channel = channel.as_mut().expect("the transaction was begun");
        work(&mut Run { channel, resolve: &*objects, streamed: false })
    }

    /// The object of a key, a `Ref` or a handle. No statement is sent for a row that was read in this transaction; otherwise one
    /// SELECT. `None` when there is no such row; an object of it is forgotten then.
    ///
    /// # Errors
    /// As [`all`](Session::all); `InvalidReference` for a `Ref` to an object that is gone.
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let alice = session.get::<User>(1)?.expect("alice is there"); // SELECT
    /// assert_eq!(session.get(alice)?, Some(alice)); // no statement
    /// assert_eq!(session.get::<User>(99)?, None);
    /// let hello = session.get::<Post>(1)?.expect("it is there");
    /// assert_eq!(session.get(session[hello].author)?, Some(alice)); // by a Ref, no statement
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn get<M: Model>(&mut self, key: impl IntoKey<M>) -> Result<Option<Handle<M>>> {
        self.refuse_if_failed()?;
        let mut scoping = Scoping::WithDeleted;
        let key = match key.wanted() {
            Wanted::Nothing => return Ok(None),
            Wanted::Key(key) => {
                scoping = Scoping::Full;
                key
            }
            Wanted::Reference(key) => key,
            // Without autoflush a new object is known to nobody else: it is what it is.
            Wanted::Handle(handle) if !self.autoflush && self.state(handle) == State::Pending => {
                return Ok(Some(handle));
            }
            Wanted::Handle(handle) => match self.key_of_handle(handle)? {
                Some(key) => key,
                None => return Ok(None),
            },
        };
        if let Some(known) = self.known(&key, scoping) {
            return Ok(known);
        }
        self.prepare(M::table().bind)?;
        if let Some(known) = self.known(&key, scoping) {
            return Ok(known);
        }
        self.load(&key, scoping, false)
    }

    /// The key of an object: it is flushed first if it has none yet.
    #[track_caller]
    fn key_of_handle<M: Model>(&mut self, handle: Handle<M>) -> Result<Option<M::Key>> {
        match self.state(handle) {
            State::Pending => {
                self.flush()?;
                Ok(self.try_get(handle).and_then(Model::key_of))
            }
            State::Clean => Ok(self.objects.stored_key(handle)),
            State::Deleting | State::Deleted => Ok(None),
            State::Gone(Gone::Foreign) => Err(super::objects::invalid_reference(Gone::Foreign)),
            State::Gone(_) => Ok(None),
        }
    }

    /// What the session knows of a key without asking: the object, or that it is deleted.
    fn known<M: Model>(&self, key: &M::Key, scoping: Scoping) -> Option<Option<Handle<M>>> {
        let (handle, meta) = self.objects.find::<M>(key)?;
        match meta.state {
            State::Deleting => Some(None),
            _ => self.objects.is_known(M::table().number, handle.slot(), meta, scoping).then_some(Some(handle)),
        }
    }

    /// Reads a row by its key.
    fn load<M: Model>(&mut self, key: &M::Key, scoping: Scoping, lock: bool) -> Result<Option<Handle<M>>> {
        let found = match self.fetch_by_text(key, lock)? {
            Some(found) => found,
            None => {
                let mut query = by_key::<M>(key);
                query.lift(scoping);
                if lock {
                    query = query.for_update();
                }
                self.fetch(&query)?.pop()
            }
        };
        if found.is_none()
            && let Some((handle, meta)) = self.objects.find::<M>(key)
            && !self.objects.is_hidden(M::table().number, handle.slot(), scoping, meta)
        {
            self.objects.row_gone(handle);
        }
        Ok(found)
    }

    /// Reads an object's row again, whatever the session knows of it. Changes that were not flushed are flushed first (with
    /// autoflush off, they are lost).
    ///
    /// # Errors
    /// `NotFound` when the row is gone; the object is forgotten then. As [`all`](Session::all).
    ///
    /// # Panics
    /// As `session[handle]` does.
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let alice = session.get::<User>(1)?.expect("alice is there");
    /// session.execute(sql("UPDATE users SET username = 'alicia' WHERE id = 1"))?;
    /// assert_eq!(session[alice].username, "alice"); // as last seen
    /// session.refresh(alice)?;
    /// assert_eq!(session[alice].username, "alicia");
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn refresh<M: Model>(&mut self, handle: Handle<M>) -> Result<()> {
        self.refresh_row(handle, false)
    }

    /// Reads an object's row again and locks it until the end of the transaction, so that it is the latest and stays it.
    ///
    /// # Errors
    /// As [`refresh`](Session::refresh); `Unsupported` where the database has no row locks (SQLite, unless the session was made
    /// with `.write()`, which locks everything).
    ///
    /// # Panics
    /// As `session[handle]` does.
    /// ```
    /// # use orm_doc::*;
    /// let mut session = engine().session().write();
    /// let alice = session.get::<User>(1)?.expect("alice is there");
    /// session.refresh_locked(alice)?;
    /// session[alice].admin = !session[alice].admin; // from its latest value
    /// session.commit()?;
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn refresh_locked<M: Model>(&mut self, handle: Handle<M>) -> Result<()> {
        self.refresh_row(handle, true)
    }

    #[track_caller]
    fn refresh_row<M: Model>(&mut self, handle: Handle<M>, lock: bool) -> Result<()> {
        if let Err(gone) = self.objects.locate(handle) {
            no_object::<M>(gone);
        }
        self.prepare(M::table().bind)?;
        let Some(key) = self.key_of_handle(handle)? else {
            return Err(none(M::table().name));
        };
        let channel = self.channel.as_ref().expect("the transaction was begun");
        let lock = lock && !(is_unlocked(channel) && channel.options().access == crate::engine::Access::Write);
        self.objects.discard_changes(handle);
        self.objects.make_stale(handle);
        match self.load::<M>(&key, Scoping::WithDeleted, lock)? {
            Some(_) => Ok(()),
            None => Err(none(M::table().name).context("refresh")),
        }
    }

    /// Brings a struct that came from elsewhere (a form, another session) into this one: a new object if its key holds the
    /// sentinel or is not in the database, otherwise the object of that key with all its columns overwritten.
    ///
    /// A struct has all columns, so this overwrites what others changed since it was made; `#[orm(version)]` refuses that.
    ///
    /// # Errors
    /// `StaleData` when the struct's version is not the row's, and as [`get`](Session::get).
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let from_a_form = User { id: 2, email: Some("bob@example.org".into()), ..user("bob") };
    /// let bob = session.merge(from_a_form)?;
    /// session.commit()?; // UPDATE users SET email = ? WHERE id = ?
    /// assert_eq!(session.count(select::<User>())?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn merge<M: Model>(&mut self, object: M) -> Result<Handle<M>> {
        let table = M::table();
        let key =
            object.key_of().filter(|key| table.generated.is_none() || !crate::engine::is_sentinel(&key.key_datum()));
        let Some(key) = key else { return Ok(self.add(object)) };
        let Some(handle) = self.get::<M>(key)? else { return Ok(self.add(object)) };
        let mut theirs = Writer::with_capacity(M::WIDTH);
        self[handle].write(&mut theirs);
        let kept: Vec<usize> = (0..table.columns.len())
            .filter(|&at| {
                table.columns[at].computed.is_some() || table.columns[at].read_back || table.version == Some(at)
            })
            .collect();
        if let Some(version) = table.version {
            let mut ours = Writer::with_capacity(M::WIDTH);
            object.write(&mut ours);
            if ours.data[version] != theirs.data[version] {
                let message =
                    format!("the `{}` to be merged was read before another transaction changed its row", table.model);
                return Err(Error::new(ErrorKind::StaleData, message));
            }
        }
        let data: Vec<_> = kept.iter().map(|&at| theirs.data[at].borrowed().into_owned()).collect();
        let mut merged = object;
        let row = Data(&data);
        let mut reader = RowReader::new(&row, 0);
        for &column in &kept {
            merged.read_column(column, &mut reader)?;
        }
        self[handle] = merged;
        Ok(handle)
    }
}

/// True on a database without row locks.
fn is_unlocked(channel: &Channel) -> bool {
    channel.dialect().row_locks == crate::dialect::RowLocks::None
}

pub(super) fn by_key<M: Model>(key: &M::Key) -> Query<M> {
    let datum = key.key_datum().into_owned();
    select::<M>().filter(|fields| {
        let ty = <M::Key as KeyParts>::TYPE;
        crate::query::key_equals::<M>(fields.binding(), Node::bind(datum, ty))
    })
}

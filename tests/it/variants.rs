//! Models that are enums: one table, a discriminator, and the columns of all variants.

use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "media", discriminator = "kind", has_many(reviews = Review::about, sequels = Media::follows), index(kind, title))]
enum Media {
    #[orm(value = "book")]
    Book {
        #[orm(primary_key)]
        id: i64,
        #[orm(length = 80)]
        title: String,
        pages: i32,
        isbn: Option<String>,
        /// Only a book has one.
        #[orm(on_delete = "cascade")]
        author: Ref<Author>,
        follows: Option<Ref<Media>>,
    },
    Film {
        id: i64,
        title: String,
        minutes: i32,
        follows: Option<Ref<Media>>,
    },
    AudioBook {
        id: i64,
        title: String,
        minutes: i32,
        author: Ref<Author>,
        follows: Option<Ref<Media>>,
    },
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "authors", has_many(works = Media::author))]
struct Author {
    #[orm(primary_key)]
    id: i64,
    name: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "reviews")]
struct Review {
    #[orm(primary_key)]
    id: i64,
    stars: i32,
    #[orm(on_delete = "cascade")]
    about: Ref<Media>,
}

/// A key of two columns, a version, a skipped field and what the database computes.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "shapes", discriminator = "form", primary_key(sheet, number))]
enum Shape {
    Circle {
        sheet: i32,
        number: i32,
        radius: f64,
        #[orm(version)]
        version: i32,
        #[orm(skip)]
        selected: bool,
    },
    #[orm(value = "rect")]
    Rectangle { sheet: i32, number: i32, width: f64, height: f64, version: i32, selected: bool },
}

fn book(title: &str, author: impl Into<Ref<Author>>) -> Media {
    Media::Book { id: 0, title: title.into(), pages: 100, isbn: None, author: author.into(), follows: None }
}

fn film(title: &str, follows: Option<Ref<Media>>) -> Media {
    Media::Film { id: 0, title: title.into(), minutes: 90, follows }
}

fn create(db: &crate::support::Db) -> orm::Result<()> {
    Schema::of::<(Media, Author, Review, Shape)>().create_all(&db.engine)?;
    db.statements();
    Ok(())
}

fn id(media: &Media) -> i64 {
    match media {
        Media::Book { id, .. } | Media::Film { id, .. } | Media::AudioBook { id, .. } => *id,
    }
}

on_every_backend! {
    fn variants_are_written_and_read(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ada = session.add(Author { id: 0, name: "Ada".into() });
        let dune = session.add(book("Dune", ada));
        let sequel = session.add(film("Dune II", Some(dune.into())));
        let heard = session.add(Media::AudioBook { id: 0, title: "Dune, read".into(), minutes: 1200, author: ada.into(), follows: dune.into() });
        session.commit()?;
        let (key, dune_id) = (session[ada].id, id(&session[dune]));
        let rows: Vec<Media> = db.engine.connect()?.all(select::<Media>().order_by(|m| m.id))?;
        assert_eq!(rows.len(), 3);
        assert!(rows.contains(&Media::Book { id: dune_id, title: "Dune".into(), pages: 100, isbn: None, author: key.into(), follows: None }));
        assert!(rows.contains(&session[sequel]) && rows.contains(&session[heard]));
        assert_eq!(session.related(ada, |a| a.works)?.len(), 2);
        assert_eq!(session.related(dune, |m| m.sequels)?, [sequel, heard]);
        assert_eq!(session.related(sequel, |m| m.author)?, None);
        assert_eq!(session.related(heard, |m| m.author)?, Some(ada));
    }

    fn columns_are_asked_about_by_name_and_by_kind(db) {
        create(db)?;
        db.engine.with_session(|s| {
            let ada = s.add(Author { id: 0, name: "Ada".into() });
            s.add(book("Dune", ada));
            s.add(film("Alien", None));
            Ok(())
        })?;
        let mut connection = db.engine.connect()?;
        let kinds: Vec<(String, Option<i32>, Option<i32>)> =
            connection.all(select::<Media>().order_by(|m| m.kind).columns(|m| (m.kind, m.pages, m.minutes)))?;
        assert_eq!(kinds, [("book".into(), Some(100), None), ("film".into(), None, Some(90))]);
        let films = connection.all(select::<Media>().filter(|m| m.kind.eq("film")))?;
        assert!(matches!(films.as_slice(), [Media::Film { minutes: 90, .. }]));
        let rows: Vec<(Author, Vec<Media>)> = connection.all(select::<Author>().with(|a| a.works.filter(|m| m.pages.gt(99))))?;
        assert_eq!(rows[0].1.len(), 1);
        assert_eq!(connection.execute(update::<Media>().set(|m| m.minutes.to(91)).filter(|m| m.kind.eq("film")))?, 1);
        assert_eq!(connection.count(select::<Media>().left_join(|m| m.author).filter(|(_, a)| a.id.is_null()))?, 1);
    }

    fn a_change_writes_its_column_and_another_variant_all_that_differ(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ada = session.add(Author { id: 0, name: "Ada".into() });
        let dune = session.add(book("Dune", ada));
        session.commit()?;
        db.statements();
        if let Media::Book { pages, .. } = &mut session[dune] {
            *pages = 600;
        }
        session.flush()?;
        let sent = db.statements();
        assert_eq!(sent.len(), 1);
        assert!(sent[0].contains("pages") && !sent[0].contains("title"), "{sent:?}");
        let key = id(&session[dune]);
        session[dune] = Media::Film { id: key, title: "Dune".into(), minutes: 137, follows: None };
        session.flush()?;
        let sent = db.statements();
        assert_eq!(sent.len(), 1);
        assert!(["kind", "pages", "minutes", "author"].iter().all(|name| sent[0].contains(name)), "{sent:?}");
        assert!(!sent[0].contains("title") && !sent[0].contains("isbn"), "{sent:?}");
        assert_eq!(session.related(ada, |a| a.works)?, []);
        session.rollback()?;
        assert!(matches!(session[dune], Media::Book { pages: 100, .. }));
        session[dune] = Media::Film { id: key, title: "Dune".into(), minutes: 137, follows: None };
        session.commit()?;
        let film: Media = db.engine.connect()?.one(select::<Media>())?;
        assert_eq!(film, Media::Film { id: key, title: "Dune".into(), minutes: 137, follows: None });
    }

    fn others_refer_to_it_and_follow_its_deletion(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ada = session.add(Author { id: 0, name: "Ada".into() });
        let dune = session.add(book("Dune", ada));
        let review = session.add(Review { id: 0, stars: 5, about: dune.into() });
        session.commit()?;
        assert_eq!(session.related(dune, |m| m.reviews)?, [review]);
        let about: Handle<Media> = session.related(review, |r| r.about)?;
        assert_eq!(about, dune);
        session.delete(ada); // the book is her only one, and the review is of the book
        session.commit()?;
        assert_eq!((session.state(dune), session.state(review)), (State::Gone(Gone::Deleted), State::Gone(Gone::Deleted)));
        assert_eq!(session.count(select::<Review>())?, 0);
    }

    fn rows_are_inserted_and_merged_without_a_session(db) {
        create(db)?;
        let mut connection = db.engine.connect()?;
        let films: Vec<Media> = ["Alien", "Brazil"].into_iter().map(|title| film(title, None)).collect();
        assert_eq!(connection.execute(insert(&films))?, 2);
        let mut alien = connection.one(select::<Media>().filter(|m| m.title.eq("Alien")))?;
        if let Media::Film { minutes, .. } = &mut alien {
            *minutes = 117;
        }
        connection.execute(insert(&alien).on_conflict(|m| m.id).do_update(|m, new| m.minutes.to(new.minutes)))?;
        assert_eq!(connection.all(select::<Media>().filter(|m| m.minutes.eq(117)).columns(|m| m.title))?, ["Alien"]);
        let mut session = db.engine.session();
        let merged = session.merge(alien.clone())?;
        assert_eq!(session[merged], alien);
    }

    fn an_unknown_kind_and_a_missing_column_are_errors_that_name_them(db) {
        create(db)?;
        let mut connection = db.engine.connect()?;
        let checked = connection.execute(sql("INSERT INTO media (kind, title) VALUES ('song', 'Yesterday')"));
        assert_eq!(checked.unwrap_err().kind(), ErrorKind::CheckViolation);
        let odd = sql("SELECT 1, 'song', 'Yesterday', NULL, NULL, NULL, NULL, NULL");
        let error = connection.all::<Media, _>(odd).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains("song") && error.to_string().contains("book, film, audio_book"), "{error}");
        connection.execute(sql("INSERT INTO media (kind, title) VALUES ('film', 'Alien')"))?;
        let error = connection.all(select::<Media>()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains("`minutes` of a `Media::Film`"), "{error}");
    }

    fn keys_versions_and_skipped_fields(db) {
        create(db)?;
        let mut session = db.engine.session();
        let circle = session.add(Shape::Circle { sheet: 1, number: 7, radius: 2.0, version: 0, selected: true });
        let square = session.add(Shape::Rectangle { sheet: 1, number: 8, width: 1.0, height: 1.0, version: 0, selected: false });
        session.commit()?;
        assert_eq!(session.get::<Shape>((1, 8))?, Some(square));
        session[circle] = Shape::Rectangle { sheet: 1, number: 7, width: 2.0, height: 3.0, version: 1, selected: false };
        session.commit()?;
        assert!(matches!(session[circle], Shape::Rectangle { version: 2, .. }));
        let same = db.engine.connect()?.one(select::<Shape>().filter(|s| s.number.eq(7)))?;
        assert_eq!(same, session[circle]);
        db.engine.connect()?.execute(update::<Shape>().set(|s| s.width.to(9.0)).filter(|s| s.number.eq(7)))?;
        if let Shape::Rectangle { height, .. } = &mut session[circle] {
            *height = 4.0;
        }
        assert_eq!(session.flush().unwrap_err().kind(), ErrorKind::StaleData);
    }

    fn the_schema_is_as_the_enum_says(db) {
        create(db)?;
        let schema = Schema::of::<(Media, Author, Review, Shape)>();
        assert_eq!(schema.verify(&db.engine)?, []);
        let columns = &Media::table().columns;
        let named: Vec<(&str, bool)> = columns.iter().map(|column| (column.name.as_str(), column.nullable)).collect();
        assert_eq!(
            named,
            [("id", false), ("kind", false), ("title", false), ("pages", true), ("isbn", true), ("author_id", true), ("follows_id", true), ("minutes", true)]
        );
        schema.drop_all(&db.engine)?;
    }
}

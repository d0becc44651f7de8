//! `into_struct`: the rows of a query as structs, on a connection and in a session.

use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "structs_author", has_many(books = Book::author))]
struct Author {
    #[orm(primary_key)]
    id: i64,
    name: String,
    #[orm(length = 40)]
    city: Option<String>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "structs_book")]
struct Book {
    #[orm(primary_key)]
    id: i64,
    title: String,
    price: f64,
    author: Ref<Author>,
}

#[derive(FromRow, Clone, Debug, PartialEq)]
struct Summary {
    name: String,
    books: i64,
}

#[derive(FromRow, Debug, PartialEq)]
struct Line {
    author: Author,
    book: Option<Book>,
    /// Never NULL, which an `Option` takes too.
    name: Option<String>,
    summary: Summary,
    r#type: (i64, Option<String>),
}

fn library(db: &crate::support::Db) -> orm::Result<Connection> {
    Schema::of::<(Author, Book)>().create_all(&db.engine)?;
    let author = |name: &str, city: Option<&str>| Author { id: 0, name: name.into(), city: city.map(Into::into) };
    let book = |title: &str, author: i64| Book { id: 0, title: title.into(), price: 1.5, author: author.into() };
    let mut connection = db.engine.connect()?;
    connection.execute(insert(&[author("ann", Some("Rome")), author("ben", None)]))?;
    connection.execute(insert(&[book("A", 1), book("B", 1)]))?;
    Ok(connection)
}

on_every_backend! {
    fn rows_become_structs(db) {
        let mut connection = library(db)?;
        let query = select::<Author>().order_by(|a| a.id).columns(|a| (a.name, a.books.count())).into_struct::<Summary>();
        let expected = [Summary { name: "ann".into(), books: 2 }, Summary { name: "ben".into(), books: 0 }];
        assert_eq!(connection.all(query.clone())?, expected);
        assert_eq!(connection.first(query.clone())?.as_ref(), Some(&expected[0]));
        assert_eq!(connection.paginate(query.clone(), 2, 1)?.items, [expected[1].clone()]);
        assert_eq!(connection.count(query.clone())?, 2);
        let mut session = db.engine.session();
        assert_eq!(session.all(query.clone())?, expected);
        assert_eq!(session.rows(query)?, expected);
    }

    fn models_options_tuples_and_structs_are_fields(db) {
        let mut connection = library(db)?;
        let query = select::<Author>()
            .left_join(|a| a.books)
            .order_by(|(a, b)| (a.id, b.id))
            .columns(|(a, b)| (a, b, a.name, (a.name, a.id + 10), (a.id, a.city)));
        let lines: Vec<Line> = connection.all(query.into_struct())?;
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0].book.as_ref().map(|book| book.title.as_str()), Some("A"));
        let last = &lines[2];
        assert_eq!((last.author.name.as_str(), &last.book), ("ben", &None));
        assert_eq!((last.name.as_deref(), &last.r#type), (Some("ben"), &(2, None)));
        assert_eq!(last.summary, Summary { name: "ben".into(), books: 12 });
    }

    fn raw_sql_reads_a_model_that_an_outer_join_may_not_find(db) {
        let text = "SELECT :a, :b FROM structs_author a LEFT JOIN structs_book b ON b.author_id = a.id ORDER BY a.id, b.id";
        let rows: Vec<(Author, Option<Book>)> = library(db)?.all(sql(text).fields::<Author>("a").fields::<Book>("b"))?;
        assert_eq!(rows[1].1.as_ref().map(|book| book.title.as_str()), Some("B"));
        assert_eq!((rows[2].0.name.as_str(), &rows[2].1), ("ben", &None));
    }

    fn loaded_relations_go_into_structs_that_are_written_by_hand(db) {
        #[derive(Debug, PartialEq)]
        struct Shelf {
            owner: String,
            titles: Vec<String>,
        }
        impl orm::FromColumns<(Author, Vec<Book>)> for Shelf {
            fn from_columns((author, books): (Author, Vec<Book>)) -> Shelf {
                Shelf { owner: author.name, titles: books.into_iter().map(|book| book.title).collect() }
            }
        }
        let query = select::<Author>().with(|a| a.books.order_by(|b| b.title)).order_by(|a| a.id);
        let shelves: Vec<Shelf> = library(db)?.all(query.into_struct())?;
        assert_eq!(shelves[0], Shelf { owner: "ann".into(), titles: vec!["A".into(), "B".into()] });
        assert_eq!(shelves[1].titles, Vec::<String>::new());
    }
}

//! A relation from a model to itself, loaded to a depth.

use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "categories", has_many(children = Category::parent))]
struct Category {
    #[orm(primary_key)]
    id: i64,
    name: String,
    hidden: bool,
    parent: Option<Ref<Category>>,
}

/// Keys of two columns.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "parts", has_many(parts = Part::whole))]
struct Part {
    #[orm(primary_key, length = 20)]
    maker: String,
    #[orm(primary_key)]
    number: i64,
    whole: Option<Ref<Part>>,
}

fn add(session: &mut Session, name: &str, parent: Option<Handle<Category>>) -> Handle<Category> {
    let parent = parent.map(Into::into);
    session.add(Category { id: 0, name: name.into(), hidden: name.starts_with('.'), parent })
}

/// books > (novels > (crime > noir), poetry, .secret > plans), music
fn fill(db: &crate::support::Db) -> orm::Result<()> {
    Schema::of::<(Category, Part)>().create_all(&db.engine)?;
    db.engine.with_session(|s| {
        let books = add(s, "books", None);
        let novels = add(s, "novels", Some(books));
        let crime = add(s, "crime", Some(novels));
        add(s, "noir", Some(crime));
        add(s, "poetry", Some(books));
        let secret = add(s, ".secret", Some(books));
        add(s, "plans", Some(secret));
        add(s, "music", None);
        Ok(())
    })?;
    db.statements();
    Ok(())
}

fn text(trees: &[Tree<Category>]) -> String {
    let one = |tree: &Tree<Category>| match tree.children.as_slice() {
        [] => tree.node.name.clone(),
        children => format!("{}({})", tree.node.name, text(children)),
    };
    trees.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn roots() -> Query<Category> {
    select::<Category>().filter(|c| c.parent.is_null()).order_by(|c| c.name)
}

on_every_backend! {
    /// Case 25: one statement for each level, whatever the number of roots.
    fn a_tree_is_loaded_to_a_depth(db) {
        fill(db)?;
        let mut connection = db.engine.connect()?;
        let rows: Vec<(Category, Vec<Tree<Category>>)> =
            connection.all(roots().with(|c| c.children.order_by(|c| c.name).recursive(10)))?;
        assert_eq!(db.statements().len(), 5, "the roots, three levels, and the level that is empty");
        assert_eq!(rows.len(), 2);
        assert_eq!(text(&rows[0].1), ".secret(plans) novels(crime(noir)) poetry");
        assert_eq!(rows[1].1, []);
        let rows = connection.all(roots().with(|c| c.children.recursive(2).order_by(|c| c.name)))?;
        assert_eq!(db.statements().len(), 3);
        assert_eq!(text(&rows[0].1), ".secret(plans) novels(crime) poetry");
        let rows = connection.all(roots().with(|c| c.children.recursive(1).order_by(|c| c.name)))?;
        assert_eq!(text(&rows[0].1), ".secret novels poetry");
        db.statements();
        let rows = connection.all(roots().with(|c| c.children.recursive(0)))?;
        assert_eq!((text(&rows[0].1).as_str(), db.statements().len()), ("", 1));
    }

    fn a_filter_and_a_limit_hold_on_every_level(db) {
        fill(db)?;
        let mut connection = db.engine.connect()?;
        let rows = connection.all(roots().with(|c| c.children.recursive(5).filter(|c| !c.hidden).order_by(|c| c.name)))?;
        assert_eq!(text(&rows[0].1), "novels(crime(noir)) poetry");
        let rows = connection.all(roots().with(|c| c.children.order_by(|c| c.name.desc()).limit(2).recursive(5)))?;
        assert_eq!(text(&rows[0].1), "poetry novels(crime(noir))");
    }

    fn a_tree_stands_inside_other_loads_and_beside_them(db) {
        fill(db)?;
        let mut connection = db.engine.connect()?;
        let query = select::<Category>().filter(|c| c.name.eq("crime")).with(|c| c.children.recursive(2)).with(|c| c.parent);
        let (_, below, above): (Category, Vec<Tree<Category>>, Option<Category>) = connection.one(query)?;
        assert_eq!((text(&below).as_str(), above.map(|above| above.name).as_deref()), ("noir", Some("novels")));
        let query = select::<Category>().filter(|c| c.name.eq("crime")).with(|c| c.parent.with(|p| p.children.recursive(3)));
        let (_, parent): (Category, Option<(Category, Vec<Tree<Category>>)>) = connection.one(query)?;
        assert_eq!(text(&parent.expect("it has one").1), "crime(noir)");
    }

    fn a_circle_ends_at_the_depth(db) {
        fill(db)?;
        let mut session = db.engine.session();
        let yin = add(&mut session, "yin", None);
        let yang = add(&mut session, "yang", Some(yin));
        session.flush()?;
        session[yin].parent = yang.into();
        session.commit()?;
        db.statements();
        let query = select::<Category>().filter(|c| c.name.eq("yin")).with(|c| c.children.recursive(4));
        let (_, trees) = db.engine.connect()?.one(query)?;
        assert_eq!(text(&trees), "yang(yin(yang(yin)))");
        assert_eq!(db.statements().len(), 5);
    }

    fn keys_of_several_columns(db) {
        fill(db)?;
        db.engine.with_session(|s| {
            let car = s.add(Part { maker: "acme".into(), number: 1, whole: None });
            let engine = s.add(Part { maker: "acme".into(), number: 2, whole: car.into() });
            s.add(Part { maker: "other".into(), number: 1, whole: engine.into() });
            Ok(())
        })?;
        let query = select::<Part>().filter(|p| p.whole.is_null()).with(|p| p.parts.recursive(9));
        let (_, parts) = db.engine.connect()?.one(query)?;
        assert_eq!(parts[0].children[0].node.maker, "other");
    }

    /// In a session every level is what `related` finds.
    fn a_session_keeps_every_level(db) {
        fill(db)?;
        let mut session = db.engine.session();
        let all = session.all(roots().with(|c| c.children.order_by(|c| c.name).recursive(3)))?;
        assert_eq!(db.statements().len(), 4);
        let mut names = Vec::new();
        let mut waiting = vec![all[0]];
        while let Some(category) = waiting.pop() {
            names.push(session[category].name.clone());
            if names.last().is_some_and(|name| name != "noir") {
                waiting.extend(session.related(category, |c| c.children)?);
            }
        }
        names.sort();
        assert_eq!(names, [".secret", "books", "crime", "noir", "novels", "plans", "poetry"]);
        assert_eq!(db.statements(), [""; 0]);
    }
}

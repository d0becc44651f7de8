//! Set operations, CTEs and values on every backend: what the rows are, on connections and in sessions.

use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "users", has_many(posts = Post::author))]
struct User {
    #[orm(primary_key)]
    id: i64,
    name: String,
    admin: bool,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "posts")]
struct Post {
    #[orm(primary_key)]
    id: i64,
    title: String,
    score: f64,
    author: Ref<User>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "employees")]
struct Employee {
    #[orm(primary_key)]
    id: i64,
    name: String,
    reports_to: Option<Ref<Employee>>,
}

/// Users 1 ann (admin), 2 bob, 3 cyd; posts ann (by ann), bob (by ann), rust (by bob);
/// employees 1 root over 2 left and 3 right, 4 leaf under 2.
fn filled(db: &crate::support::Db) -> orm::Result<Connection> {
    Schema::of::<(User, Post, Employee)>().create_all(&db.engine)?;
    let mut connection = db.engine.connect()?;
    let user = |id, name: &str, admin| User { id, name: name.into(), admin };
    connection.execute(insert(&[user(1, "ann", true), user(2, "bob", false), user(3, "cyd", false)]))?;
    let post = |id, title: &str, score, author: i64| Post { id, title: title.into(), score, author: author.into() };
    connection.execute(insert(&[post(1, "ann", 1.0, 1), post(2, "bob", 2.0, 1), post(3, "rust", 3.0, 2)]))?;
    let employee =
        |id, name: &str, boss: Option<i64>| Employee { id, name: name.into(), reports_to: boss.map(Ref::from) };
    connection.execute(insert(&[
        employee(1, "root", None),
        employee(2, "left", Some(1)),
        employee(3, "right", Some(1)),
        employee(4, "leaf", Some(2)),
    ]))?;
    db.statements();
    Ok(connection)
}

fn names() -> Select<(Entity<User>,), Scalar<String>> {
    select::<User>().columns(|u| u.name)
}

fn titles() -> Select<(Entity<Post>,), Scalar<String>> {
    select::<Post>().columns(|p| p.title)
}

fn tree() -> Cte<(Entity<Employee>, Scalar<i64>)> {
    recursive(select::<Employee>().filter(|e| e.reports_to.is_null()).columns(|e| (e, val(0_i64))), |tree| {
        select::<Employee>()
            .join_on(tree, |(e, (boss, _))| e.reports_to.eq(boss.id))
            .columns(|(e, (_, depth))| (e, depth + 1))
    })
}

on_every_backend! {
    fn each_operator_means_what_it_says(db) {
        let mut connection = filled(db)?;
        let mut sorted = |query: Compound<Scalar<String>>| -> orm::Result<Vec<String>> {
            connection.all(query.order_by(|name| name.asc()))
        };
        assert_eq!(sorted(names().union(titles()))?, ["ann", "bob", "cyd", "rust"]);
        assert_eq!(sorted(names().union_all(titles()))?, ["ann", "ann", "bob", "bob", "cyd", "rust"]);
        assert_eq!(sorted(names().intersect(titles()))?, ["ann", "bob"]);
        assert_eq!(sorted(names().except(titles()))?, ["cyd"]);
        // From left to right, whatever binds closer in the database.
        let admins = names().filter(|u| u.admin);
        assert_eq!(sorted(names().union(titles()).intersect(admins.clone()))?, ["ann"]);
        assert_eq!(sorted(names().except(titles()).union(admins.clone()))?, ["ann", "cyd"]);
        assert_eq!(sorted(names().except(titles().except(admins)))?, ["ann", "cyd"]);
        let bare: Vec<String> = connection.all(union_all(names(), titles()))?;
        assert_eq!(bare.len(), 6);
    }

    fn parts_and_the_whole_have_orders_and_limits_of_their_own(db) {
        let mut connection = filled(db)?;
        let newest = || select::<Post>().order_by(|p| p.id.desc()).limit(1).columns(|p| p.title);
        let both: Vec<String> = connection.all(newest().union_all(names().order_by(|u| u.name.desc()).limit(1)).order_by(|n| n.asc()))?;
        assert_eq!(both, ["cyd", "rust"]);
        let all = names().union(titles());
        let middle: Vec<String> = connection.all(all.clone().order_by(|n| n.desc()).limit(2).offset(1))?;
        assert_eq!(middle, ["cyd", "bob"]);
        assert_eq!(connection.count(all.clone())?, 4);
        assert!(connection.exists(all.clone())?);
        assert_eq!(connection.first(all.clone().order_by(|n| n.asc()))?.as_deref(), Some("ann"));
        let page = connection.paginate(all.clone().order_by(|n| n.asc()), 2, 3)?;
        assert_eq!((page.items, page.total), (vec!["rust".to_owned()], 4));
        let greatest: Vec<String> =
            connection.all(all.clone().filter(|name| !exists(all.filter(|other| other.gt(name)))))?;
        assert_eq!(greatest, ["rust"]);
    }

    fn a_compound_is_a_list_a_value_and_a_table(db) {
        let mut connection = filled(db)?;
        let authors = || select::<Post>().columns(|p| p.author).union(select::<Post>().filter(|p| p.score.gt(9.0)).columns(|p| p.author));
        let wrote: Vec<i64> = connection.all(select::<User>().filter(|u| u.id.in_(authors())).order_by(|u| u.id).columns(|u| u.id))?;
        assert_eq!(wrote, [1, 2]);
        let joined: Vec<(String, Ref<User>)> = connection.all(
            select::<User>().join_on(authors(), |(u, author)| author.eq(u.id)).order_by(|(u, _)| u.id).columns(|(u, a)| (u.name, a)),
        )?;
        assert_eq!(joined.len(), 2);
        let has_namesake = select::<User>().filter(|u| {
            let own = select::<Post>().filter(|p| p.author.eq(u.id)).columns(|p| p.title);
            exists(own.intersect(names().filter(|n| n.id.eq(u.id))))
        });
        // MariaDB 10.11 breaks its own temporary table when an INTERSECT depends on the row around it.
        if db.backend != crate::support::Backend::Mariadb {
            let found: Vec<User> = connection.all(has_namesake)?;
            assert_eq!(found.iter().map(|u| u.id).collect::<Vec<_>>(), [1]);
        }
        let largest = select_from(select::<Post>().columns(|p| p.score).union(select::<Post>().columns(|p| p.score + 10.0))).columns(max);
        let scores: Vec<Option<f64>> = connection.all(largest)?;
        assert_eq!(scores, [Some(13.0)]);
    }

    fn rows_of_a_model_stay_rows_of_a_model(db) {
        let mut connection = filled(db)?;
        let some = || select::<User>().filter(|u| u.admin).union(select::<User>().filter(|u| u.id.ge(3)));
        let users: Vec<User> = connection.all(some().order_by(|u| u.id))?;
        assert_eq!(users, [User { id: 1, name: "ann".into(), admin: true }, User { id: 3, name: "cyd".into(), admin: false }]);
        let loaded: Vec<(User, Vec<Post>)> = connection.all(some().order_by(|u| u.id).with(|u| u.posts))?;
        assert_eq!(loaded.iter().map(|(_, posts)| posts.len()).collect::<Vec<_>>(), [2, 0]);
        drop(connection);
        let mut session = db.engine.session();
        let handles: Vec<Handle<User>> = session.all(some())?;
        let again = session.get::<User>(3)?.expect("the row is there");
        assert!(handles.contains(&again));
        session[again].name = "dot".into();
        let renamed: Vec<Handle<User>> = session.all(some().filter(|u| u.name.eq("dot")))?;
        assert_eq!(renamed, [again]);
        assert_eq!(session.one(some().filter(|u| u.id.eq(1)).columns(|u| u.name))?, "ann");
    }

    fn a_tree_comes_with_its_depth(db) {
        let mut connection = filled(db)?;
        let tree = tree();
        let rows: Vec<(String, i64)> = connection.all(
            select_from(&tree).order_by(|(e, depth)| (depth, e.name)).columns(|(e, depth)| (e.name, depth)),
        )?;
        assert_eq!(rows, [("root".into(), 0), ("left".into(), 1), ("right".into(), 1), ("leaf".into(), 2)]);
        let deepest: Vec<Employee> = connection.all(
            select_from(&tree)
                .filter(|(_, depth)| depth.eq(select_from(&tree).columns(|(_, depth)| max(depth))))
                .columns(|(e, _)| e),
        )?;
        assert_eq!(deepest.iter().map(|e| e.id).collect::<Vec<_>>(), [4]);
        drop(connection);
        let mut session = db.engine.session();
        let handles: Vec<(Handle<Employee>, i64)> = session.all(select_from(&tree).order_by(|(e, _)| e.id))?;
        assert_eq!(handles.len(), 4);
        assert_eq!((session[handles[3].0].name.as_str(), handles[3].1), ("leaf", 2));
    }

    fn a_circle_ends_when_rows_are_followed_once(db) {
        let mut connection = filled(db)?;
        connection.execute(update::<Employee>().set(|e| e.reports_to.to(4)).filter(|e| e.id.eq(1)))?;
        let below = recursive_distinct(select::<Employee>().filter(|e| e.id.eq(2)).columns(|e| e.id), |found| {
            select::<Employee>().join_on(found, |(e, id)| e.reports_to.eq(id)).columns(|(e, _)| e.id)
        });
        let mut ids: Vec<i64> = connection.all(select_from(&below))?;
        ids.sort_unstable();
        assert_eq!(ids, [1, 2, 3, 4]);
    }

    fn ctes_build_on_each_other_and_are_used_several_times(db) {
        let mut connection = filled(db)?;
        let totals = cte(select::<Post>().group_by(|p| p.author).columns(|p| (p.author, count(p.id), sum(p.score))));
        let busy = cte(select_from(&totals).filter(|(_, posts, _)| posts.gt(1)).columns(|(author, _, _)| author));
        let rows: Vec<(String, i64, Option<f64>, bool)> = connection.all(
            select::<User>()
                .join_on(&totals, |(u, (author, _, _))| author.eq(u.id))
                .order_by(|(u, _)| u.id)
                .columns(|(u, (_, posts, score))| (u.name, posts, score, u.id.in_(select_from(&busy)))),
        )?;
        assert_eq!(rows, [("ann".into(), 2, Some(3.0), true), ("bob".into(), 1, Some(3.0), false)]);
        assert_eq!(connection.count(select_from(&totals))?, 2);
        assert!(!connection.exists(select_from(&busy).filter(|author| author.eq(3)))?);
        let twice: Vec<Ref<User>> = connection.all(select_from(&busy).union_all(select_from(&busy)))?;
        assert_eq!(twice.len(), 2);
    }

    fn a_cte_says_which_rows_to_write(db) {
        let mut connection = filled(db)?;
        let below = cte(select_from(tree()).filter(|(_, depth)| depth.gt(1)).columns(|(e, _)| e.name));
        let change = update::<User>().set(|u| u.admin.to(true)).filter(|u| u.name.in_(select_from(&below)) | u.id.eq(2));
        let removal = delete::<Post>().filter(|p| p.title.in_(select_from(&below)) | p.id.eq(2));
        if db.backend == crate::support::Backend::Mariadb {
            assert_eq!(connection.execute(change).map_err(|error| error.kind()), Err(ErrorKind::Unsupported));
            assert_eq!(connection.execute(removal).map_err(|error| error.kind()), Err(ErrorKind::Unsupported));
            return Ok(());
        }
        assert_eq!(connection.execute(change)?, 1);
        assert_eq!(connection.execute(removal)?, 1);
    }

    fn values_join_like_any_table(db) {
        let mut connection = filled(db)?;
        let marks = values([(1_i64, "gold", 1.5), (3, "silver", 2.5), (9, "none", 0.0)]);
        let rows: Vec<(String, String, f64)> = connection.all(
            select::<User>().join_on(marks.clone(), |(u, (id, _, _))| u.id.eq(id)).order_by(|(u, _)| u.id)
                .columns(|(u, (_, mark, weight))| (u.name, mark, weight)),
        )?;
        assert_eq!(rows, [("ann".into(), "gold".into(), 1.5), ("cyd".into(), "silver".into(), 2.5)]);
        let all: Vec<(i64, String, f64)> = connection.all(select_from(marks).order_by(|(id, _, _)| id.desc()))?;
        assert_eq!(all[0], (9, "none".into(), 0.0));
        let by_name: Vec<i64> = connection.all(
            select::<User>().join_on(values([("bob",), ("cyd",)]), |(u, (name,))| u.name.eq(name)).order_by(|(u, _)| u.id).columns(|(u, _)| u.id),
        )?;
        assert_eq!(by_name, [2, 3]);
    }

    fn values_keep_their_types(db) {
        let mut connection = filled(db)?;
        let mixed: Vec<(bool, i32, Option<String>, Vec<u8>)> = connection.all(
            select_from(values([(true, -7, None, vec![0_u8, 255]), (false, i32::MAX, Some("ä".to_owned()), Vec::new())]))
                .order_by(|(_, n, _, _)| n),
        )?;
        assert_eq!(mixed, [(true, -7, None, vec![0, 255]), (false, i32::MAX, Some("ä".into()), Vec::new())]);
        let none: Vec<(i64, Option<String>)> = connection.all(select_from(values(Vec::<(i64, Option<String>)>::new())))?;
        assert_eq!(none, []);
        let many: Vec<(i64,)> = connection.all(select_from(values((0..2_000_i64).map(|n| (n,)))).order_by(|(n,)| n))?;
        assert_eq!((many.len(), many[1_999].0), (2_000, 1_999));
        let long = "ä".repeat(100_000);
        let texts: Vec<(i32, String)> = connection.all(select_from(values([(1, "a"), (2, long.as_str()), (3, "ccc")])).order_by(|(n, _)| n))?;
        assert_eq!(texts.iter().map(|(_, text)| text.chars().count()).collect::<Vec<_>>(), [1, 100_000, 3]);
        let bytes = |length| select_from(values([(1, vec![7_u8]), (2, vec![200; length])])).order_by(|(n, _)| n);
        let most: Vec<(i32, Vec<u8>)> = connection.all(bytes(65_535))?;
        assert_eq!(most[1].1.len(), 65_535);
        match connection.all(bytes(65_536)) {
            Ok(more) => assert_eq!(more[1].1.len(), 65_536),
            Err(error) => assert_eq!(error.kind(), ErrorKind::OutOfRange),
        }
        let refs: Vec<(i64, Ref<User>)> = connection.all(select_from(values([(1_i64, Ref::<User>::from(2))])))?;
        assert_eq!(refs, [(1, 2.into())]);
    }

    fn a_plan_names_the_table(db) {
        let mut connection = filled(db)?;
        let query = select::<User>().filter(|u| u.id.eq(2) & u.name.ne("x"));
        let plan = connection.explain(&query)?;
        assert!(plan.contains("users") || plan.contains("t0") || plan.contains("Rows fetched before execution"), "{plan}");
        let write = connection.explain(delete::<User>().filter(|u| u.id.eq(2)))?;
        assert!(!write.is_empty());
        connection.explain(sql("SELECT * FROM users WHERE id = :id").bind("id", 2))?;
        assert_eq!(connection.one_or_none(query)?.map(|u| u.id), Some(2));
    }

    #[cfg(feature = "rust_decimal")]
    fn decimals_are_the_same_whatever_their_scale(db) {
        let mut connection = filled(db)?;
        let of = |units, scale| select_from(values([(rust_decimal::Decimal::new(units, scale),)]));
        assert_eq!(connection.count(of(10, 1).union(of(100, 2)))?, 1);
        assert_eq!(connection.count(of(10, 1).except(of(100, 2)))?, 0);
        assert_eq!(connection.count(of(10, 1).union_all(of(100, 2)))?, 2);
    }
}

//! Settings: keys, types, files, the environment, folders, and that no password is shown.

use crate::models::block_on;
use orm::ErrorKind;
use orm::prelude::*;
use orm_axum::{Config, Db};
use serde_json::json;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// A folder of one test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("orm-axum-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path.canonicalize().unwrap())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "visits", bind = "stats")]
struct Visit {
    #[orm(primary_key)]
    id: i64,
    page: String,
}

fn refused(config: serde_json::Value) -> String {
    let error = Db::from_config(config).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Misuse | ErrorKind::InvalidUrl), "{error:?}");
    error.to_string()
}

#[test]
fn engine_options_are_those_of_the_engine() {
    let folder = Folder::new("options");
    let config = json!({
        "DATABASE_URI": "sqlite:///shop.db",
        "ENGINE_OPTIONS": { "pool_size": 3, "max_overflow": 4, "pool_timeout": 0.5, "pool_recycle": 1800, "pool_pre_ping": true,
            "pool_order": "fifo", "idle_timeout": null, "slow_statement": 0.2, "pool_name": "shop", "echo": false },
        "RECORD_QUERIES": true,
    });
    let db = Db::from_config(Config::from_map(config.as_object().unwrap().clone()).unwrap().folder(&folder.0)).unwrap();
    let status = db.engine().pool_status();
    assert_eq!((status.size, status.max_overflow, db.engine().pool().name()), (3, 4, "shop"));
    let shown = format!("{db:?}");
    assert!(shown.contains("units: 7") && shown.contains("500ms") && shown.contains("record_queries: true"), "{shown}");
}

#[test]
fn what_is_not_known_is_an_error() {
    let uri = "sqlite::memory:";
    let text = refused(json!({ "DATABASE_URI": uri, "TRACK_MODIFICATIONS": false }));
    assert_eq!(
        text,
        "there is no setting `TRACK_MODIFICATIONS`; the settings are DATABASE_URI, BINDS, ENGINE_OPTIONS, ECHO, RECORD_QUERIES"
    );
    let text = refused(json!({ "DATABASE_URI": uri, "ENGINE_OPTIONS": { "poolsize": 3 } }));
    assert!(
        text.starts_with("there is no engine option `poolsize`; the options are pool_size, max_overflow,"),
        "{text}"
    );
    assert_eq!(refused(json!({})), "the setting `DATABASE_URI` is missing");
    assert_eq!(refused(json!([])), "settings are an object of names and values");
}

#[test]
fn values_of_the_wrong_type_are_not_shown() {
    let secret = "postgresql://ada:pa55word@localhost/shop";
    for config in [
        json!({ "DATABASE_URI": { "url": secret } }),
        json!({ "DATABASE_URI": secret, "ECHO": secret }),
        json!({ "DATABASE_URI": secret, "ENGINE_OPTIONS": secret }),
        json!({ "DATABASE_URI": secret, "ENGINE_OPTIONS": { "pool_size": secret } }),
        json!({ "DATABASE_URI": secret, "ENGINE_OPTIONS": { "pool_timeout": -1 } }),
        json!({ "DATABASE_URI": secret, "ENGINE_OPTIONS": { "pool_timeout": 1e300 } }),
        json!({ "DATABASE_URI": secret, "ENGINE_OPTIONS": { "replicas": secret } }),
        json!({ "DATABASE_URI": secret, "BINDS": secret }),
        json!({ "DATABASE_URI": secret, "BINDS": { "stats": { "uri": secret } } }),
        json!({ "DATABASE_URI": secret, "BINDS": { "stats": { "url": secret, "nonsense": 1 } } }),
        json!({ "DATABASE_URI": "postgres//ada:pa55word@localhost" }),
        json!({ "DATABASE_URI": "postgresql://ada:pa55word@localhost:x/shop" }),
    ] {
        let text = refused(config.clone());
        assert!(!text.contains("pa55word"), "{config}: {text}");
    }
    let config = Config::from_map([("DATABASE_URI", secret)]).unwrap();
    assert!(!format!("{config:?}").contains("pa55word"));
    let text = "DATABASE_URI = 'postgresql://ada:pa55word@localhost\n";
    let folder = Folder::new("broken");
    for (name, text) in [("a.toml", text), ("b.json", r#"{ "DATABASE_URI": "pa55word" "#), ("c.json", r#""pa55word""#)]
    {
        let path = folder.0.join(name);
        fs::write(&path, text).unwrap();
        let error = Config::from_file(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse);
        assert!(!format!("{error:?}").contains("pa55word"), "{error:?}");
        assert!(error.to_string().contains(name) && error.to_string().contains("line 1"), "{error}");
    }
    assert_eq!(Config::from_file(folder.0.join("none.toml")).unwrap_err().kind(), ErrorKind::Io);
    fs::write(folder.0.join("settings.yaml"), "").unwrap();
    let error = Config::from_file(folder.0.join("settings.yaml")).unwrap_err().to_string();
    assert!(error.ends_with("a file of settings ends in `.toml` or `.json`"), "{error}");
}

/// A file's folder is the application's, so that its databases lie beside it; a model finds its bind.
#[test]
fn a_file_with_binds() {
    let folder = Folder::new("file");
    let toml = r#"
        DATABASE_URI = "sqlite:///shop.db"
        ECHO = false
        [ENGINE_OPTIONS]
        pool_size = 2
        [BINDS]
        stats = { url = "sqlite:///stats.db", pool_size = 7 }
        other = "sqlite::memory:"
    "#;
    fs::write(folder.0.join("shop.toml"), toml).unwrap();
    let db = Db::from_config(Config::from_file(folder.0.join("shop.toml"))).unwrap();
    assert_eq!(db.engine().pool_status().size, 2);
    assert_eq!(db.engine().bind("stats").unwrap().pool_status().size, 7);
    block_on(async {
        db.create_all(Schema::of::<Visit>()).await.unwrap();
        db.run(|session| Ok(session.add(Visit { id: 0, page: "/".into() }))).await.unwrap();
        let visits = db.first_or_404(select::<Visit>()).await.unwrap();
        assert_eq!(visits.page, "/");
        let asked = orm_axum::PageQuery::default();
        assert_eq!(db.paginate(select::<Visit>().order_by(|v| v.id), &asked).await.unwrap().total, 1);
        assert_eq!(db.paginate_after(select::<Visit>().order_by(|v| v.id), &asked).await.unwrap().items.len(), 1);
        db.drop_all(Schema::of::<Visit>()).await.unwrap();
    });
    assert!(folder.0.join("stats.db").exists());
}

/// What the environment says is read in a process of its own.
#[test]
fn the_environment() {
    let child = |variables: &[(&str, &str)]| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "configured::child", "--nocapture"]).envs(variables.iter().copied());
        let output = command.env("ORM_AXUM_CHILD", "1").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let json = r#"{ "pool_size": 4, "max_overflow": 0 }"#;
    let told = child(&[
        ("SHOP_DATABASE_URI", "sqlite:///shop.db"),
        ("SHOP_ENGINE_OPTIONS", json),
        ("SHOP_RECORD_QUERIES", "1"),
    ]);
    assert!(told.contains("units: 4") && told.contains("record_queries: true"), "{told}");
    let told = child(&[("SHOP_DATABASE_URL", "postgresql://ada:pa55word@localhost/shop")]);
    assert!(told.contains("read the variable `SHOP_DATABASE_URL`: there is no setting `DATABASE_URL`"), "{told}");
    assert!(!told.contains("pa55word"));
}

#[test]
fn child() {
    if std::env::var_os("ORM_AXUM_CHILD").is_some() {
        match Db::from_config(Config::from_env("SHOP_")) {
            Ok(db) => println!("{db:?}"),
            Err(error) => println!("{error}"),
        }
    }
}

/// A path that is not absolute does not depend on where the program was started.
#[test]
fn paths_begin_at_the_folder_of_the_application() {
    let folder = Folder::new("paths");
    let config = Config::default().database_uri("sqlite:///data.db").folder(&folder.0);
    let db = Db::from_config(config).unwrap();
    db.engine().connect().unwrap();
    assert!(folder.0.join("data.db").exists());
    // Under cargo it is the package's.
    let config = Config::default().database_uri("sqlite:///no/such/folder/data.db");
    let error = Db::from_config(config).unwrap().engine().connect().unwrap_err();
    assert!(format!("{error:?}").contains(env!("CARGO_MANIFEST_DIR")), "{error:?}");
}

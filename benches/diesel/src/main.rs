//! Diesel: answers `workload n` on its standard input, as the contestants of the other program do. `diesel-bench BACKEND URL`.

#[path = "../../src/contestant.rs"]
mod contestant;

type Failure = Box<dyn std::error::Error>;

/// The workloads are one file, compiled for the connection of each backend: what is generic over those cannot be read.
#[path = "."]
mod on_sqlite {
    pub type Client = diesel::SqliteConnection;
    #[path = "keys_returned.rs"]
    mod keys;
    #[path = "peer.rs"]
    pub mod peer;
}
#[cfg(feature = "postgres")]
#[path = "."]
mod on_postgres {
    pub type Client = diesel::PgConnection;
    #[path = "keys_returned.rs"]
    mod keys;
    #[path = "peer.rs"]
    pub mod peer;
}
#[cfg(feature = "mysql")]
#[path = "."]
mod on_mysql {
    pub type Client = diesel::MysqlConnection;
    #[path = "keys_counted.rs"]
    mod keys;
    #[path = "peer.rs"]
    pub mod peer;
}

fn open(backend: &str, url: &str) -> Result<Box<dyn contestant::Contestant>, Failure> {
    match backend {
        "sqlite" => Ok(Box::new(on_sqlite::peer::Peer::open(":memory:")?)),
        #[cfg(feature = "postgres")]
        "postgres" => Ok(Box::new(on_postgres::peer::Peer::open(url)?)),
        // The scheme of Diesel is that of MySQL.
        #[cfg(feature = "mysql")]
        "mariadb" => Ok(Box::new(on_mysql::peer::Peer::open(&url.replace("mariadb://", "mysql://"))?)),
        other => Err(format!("this program was built without {other} ({} letters of URL)", url.len()).into()),
    }
}

fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let (backend, url) = (args.next().ok_or("BACKEND URL")?, args.next().unwrap_or_default());
    contestant::serve(&backend, || open(&backend, &url));
    Ok(())
}

//! Serves the blog: `cargo run -p blog`. README.md lists the settings.

use axum_extra::extract::cookie::Key;
use blog::{App, router, schema, seed};
use orm_axum::{Config, Db};
use std::env;
use std::error::Error;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).init();

    let db = Db::from_config(Config::from_env("")?.default_database_uri("sqlite:///blog.db"))?;
    db.create_all(schema()).await?;
    seed::when_empty(&db).await?;

    let key = match env::var("SECRET_KEY") {
        Ok(secret) if secret.len() < 32 => return Err("SECRET_KEY has fewer than 32 characters".into()),
        Ok(secret) => Key::derive_from(secret.as_bytes()),
        // Who is logged in is forgotten when the program ends.
        Err(_) => Key::generate(),
    };
    let is_on = |name| env::var(name).ok().map(|value| value == "1" || value == "true");
    let app = App {
        db,
        key,
        secure_cookies: is_on("SECURE_COOKIES").unwrap_or(false),
        query_panel: is_on("QUERY_PANEL").unwrap_or(cfg!(debug_assertions)),
    };

    let port = env::var("PORT").ok().map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}", listener.local_addr()?);
    let stop = async || {
        // Without a signal to wait for, it runs until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    axum::serve(listener, router(app)).with_graceful_shutdown(stop()).await?;
    Ok(())
}

//! A database of Amazon RDS or Aurora, with a token of IAM in place of a password. The steps before it are told in `docs/aws-rds.md`.
//!
//! ```sh
//! export RDS_URL='postgresql://app@shop.abc123.eu-central-1.rds.amazonaws.com/shop?sslrootcert=global-bundle.pem'
//! export AWS_REGION=eu-central-1 AWS_ACCESS_KEY_ID=.. AWS_SECRET_ACCESS_KEY=.. AWS_SESSION_TOKEN=..
//! cargo run --example rds --features postgres,aws        # or mysql,aws
//! ```
//!
//! Writes nothing. Without the variables it says which one is missing.

use orm::EngineOptions;
use orm::drivers::aws::RdsIam;
use orm::prelude::*;

fn main() -> orm::Result<()> {
    let Ok(url) = std::env::var("RDS_URL") else {
        println!("the variable RDS_URL is not set: the URL of a database of RDS, with a user and no password");
        return Ok(());
    };
    let iam = match RdsIam::from_env() {
        Ok(iam) => iam,
        Err(missing) => {
            println!("{missing}; see docs/aws-rds.md");
            return Ok(());
        }
    };
    let engine = EngineOptions::new(&url).credential_provider(iam).create()?;
    // Each is a connection of its own. They are opened with one token, which is signed once.
    let mut connections = [engine.connect()?, engine.connect()?];
    for connection in &mut connections {
        let version: String = connection.one(sql("SELECT version()"))?;
        println!("connected to {}: {version}", engine.dialect().name);
    }
    Ok(())
}

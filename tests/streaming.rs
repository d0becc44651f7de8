//! `for_each` holds few rows at a time: a million rows from each database must not take 64 MB. One test in a process of its
//! own, because the most memory that a process had counts for all of its threads.
#![cfg(target_os = "linux")]

use orm::prelude::*;

const ROWS: i64 = 1_000_000;
const MOST: u64 = 64 << 20;

/// A number of the process's status in bytes: `VmRSS` is the memory it has now, `VmHWM` the most it had.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells about this process");
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).expect("the number is there");
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().expect("the number is in kB");
    kilobytes << 10
}

/// The statements that make ready, and the query of the rows.
fn many_rows(dialect: &str) -> (Option<String>, String) {
    let recursive = format!(
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {ROWS}) \
         SELECT n, CONCAT('this is the text of row ', n) FROM numbers"
    );
    match dialect {
        "PostgreSQL" => {
            let series =
                format!("SELECT n, 'this is the text of row ' || n FROM generate_series(1, {ROWS}::bigint) AS n");
            (None, series)
        }
        "MySQL" => (Some(format!("SET SESSION cte_max_recursion_depth = {}", ROWS + 1)), recursive),
        "MariaDB" => (Some(format!("SET SESSION max_recursive_iterations = {}", ROWS + 1)), recursive),
        _ => (None, recursive.replace("CONCAT('this is the text of row ', n)", "'this is the text of row ' || n")),
    }
}

fn check(engine: &Engine) -> orm::Result<()> {
    let mut connection = engine.connect()?;
    let (prepare, query) = many_rows(connection.dialect().name);
    if let Some(prepare) = prepare {
        connection.execute(sql(prepare))?;
    }
    // 5 sets VmHWM back to VmRSS.
    std::fs::write("/proc/self/clear_refs", "5").expect("a process may reset its own counters");
    let before = memory("VmRSS");
    let (mut rows, mut sum) = (0, 0);
    connection.for_each(sql(query.as_str()), |(number, text): (i64, String)| {
        rows += 1;
        sum += number;
        assert!(text.ends_with(&number.to_string()));
        Ok(())
    })?;
    let more = memory("VmHWM").saturating_sub(before);
    assert_eq!((rows, sum), (ROWS, ROWS * (ROWS + 1) / 2));
    assert!(more < MOST, "{}: {ROWS} rows took {} MB", connection.dialect().name, more >> 20);

    // An early end leaves the connection as it was, in a transaction too.
    let stop = |number: i64| match number {
        10 => Err(Error::new(ErrorKind::Misuse, "enough")),
        _ => Ok(()),
    };
    let error =
        connection.for_each(sql(query.as_str()), |(number, _): (i64, String)| stop(number)).expect_err("it stops");
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert_eq!(connection.one::<i64, _>(sql("SELECT 1"))?, 1);
    let mut transaction = connection.begin()?;
    let error =
        transaction.for_each(sql(query.as_str()), |(number, _): (i64, String)| stop(number)).expect_err("it stops");
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert_eq!(transaction.one::<i64, _>(sql("SELECT 1"))?, 1);
    transaction.commit()?;
    let more = memory("VmHWM").saturating_sub(before);
    assert!(more < MOST, "{}: an early end took {} MB", connection.dialect().name, more >> 20);
    Ok(())
}

#[test]
fn a_million_rows_take_little_memory() -> orm::Result<()> {
    let mut urls = Vec::new();
    if cfg!(feature = "sqlite") {
        urls.push("sqlite://".to_owned());
    }
    for (variable, is_there) in [
        ("ORM_TEST_POSTGRES_URL", cfg!(feature = "postgres")),
        ("ORM_TEST_MARIADB_URL", cfg!(feature = "mysql")),
        ("ORM_TEST_MYSQL_URL", cfg!(feature = "mysql")),
    ] {
        match std::env::var(variable) {
            Ok(url) if is_there && !url.is_empty() => {
                if cfg!(feature = "postgres-wire") && url.starts_with("postgresql:") {
                    urls.push(url.replacen("postgresql:", "postgresql+wire:", 1));
                }
                urls.push(url);
            }
            _ => println!("skipped: {variable} is not set"),
        }
    }
    assert!(!urls.is_empty(), "there is no database to test");
    urls.iter().try_for_each(|url| check(&create_engine(url)?))
}

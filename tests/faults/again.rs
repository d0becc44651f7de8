//! The test program run again as another process: for several processes on one file, a process that is killed, and a disk of its
//! own that is small.

use std::process::{Child, Command, Stdio};

/// What tells a process that it is one of these, and what it shall work on.
const VARIABLE: &str = "ORM_TEST_FAULTS_CHILD";

/// What this process was asked to work on, if it is a child.
pub(crate) fn asked() -> Option<String> {
    std::env::var(VARIABLE).ok()
}

fn arguments(test: &str) -> [String; 4] {
    ["--exact".into(), test.into(), "--nocapture".into(), "--test-threads=1".into()]
}

/// Runs one test of this program as a process of its own.
pub(crate) fn spawn(test: &str, work_on: &str) -> Child {
    Command::new(std::env::current_exe().expect("there is a program"))
        .args(arguments(test))
        .env(VARIABLE, work_on)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("it starts")
}

/// The same with a file system of its own, in memory and of so many KiB, mounted at a folder. `None` where the system does not
/// let us.
pub(crate) fn spawn_with_disk(test: &str, folder: &str, kib: u32) -> Option<Child> {
    let possible = Command::new("unshare").args(["-rm", "true"]).stderr(Stdio::null()).status();
    if !possible.is_ok_and(|status| status.success()) {
        return None;
    }
    let script = format!("mount -t tmpfs -o size={kib}k orm \"$0\" && exec \"$@\"");
    let program = std::env::current_exe().expect("there is a program");
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", &script, folder]).arg(program).args(arguments(test));
    command.env(VARIABLE, folder).spawn().ok()
}

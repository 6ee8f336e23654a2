//! What the security modules of the kernel call a process (proc_pid_attr(5)).

use crate::fact::{Fact, Unknown};
use crate::host::Dir;

/// The profile of AppArmor that the process with the directory `process` in procfs is under, with its mode:
/// `docker-default (enforce)`.
///
/// From Linux 5.8 on each module has a directory of its own, next to the one file that they shared before.
pub(crate) fn apparmor(process: &Dir) -> Fact<String> {
    let own = process.open_dir("attr").and_then(|attr| attr.open_dir("apparmor"));
    match own {
        Ok(directory) => read(&directory),
        Err(_) => current(process),
    }
}

/// The label of the module that shows its own in the file that all share; SELinux always does.
pub(crate) fn current(process: &Dir) -> Fact<String> {
    match process.open_dir("attr") {
        Ok(attr) => read(&attr),
        Err(error) => Fact::Gap(Unknown::from(error)),
    }
}

fn read(attr: &Dir) -> Fact<String> {
    Fact::from(attr.read("current"))
        .map(|bytes| String::from_utf8_lossy(&bytes).trim_end_matches(['\0', '\n']).to_owned())
}

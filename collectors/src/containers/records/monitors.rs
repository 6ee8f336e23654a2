//! The processes that watch over containers: containerd's shims and conmon. Their command lines and working
//! directories lead to the state directories, wherever those are configured to be.

use crate::context::Context;
use crate::processes::Processes;

use super::{Record, Records};

/// containerd's shims, as the kernel cuts their names.
const SHIMS: [&str; 2] = ["containerd-shim", "containerd-shim-"];

const CONMON: &str = "conmon";

/// A monitor: where it leads to, and what it says of its container.
#[derive(Debug)]
pub(super) struct Monitor {
    pub(super) directory: Directory,
    pub(super) record: Option<(String, Record)>,
}

/// Where a monitor leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Directory {
    /// The tasks of containerd, by namespace.
    Tasks(String),
    /// The root of the storage of podman or CRI-O.
    Storage(String),
    /// Nowhere.
    None,
}

/// Finds the monitors that run.
pub(super) fn find(ctx: &Context<'_>, records: &mut Records) -> Vec<Monitor> {
    if !ctx.host.is_running() {
        return Vec::new();
    }
    let processes = match Processes::of(ctx) {
        Ok(processes) => processes,
        Err(unknown) => {
            records.gap(unknown);
            return Vec::new();
        }
    };
    let shims = processes.named(&SHIMS).filter_map(|(pid, _)| shim(ctx, pid));
    let conmons = processes.named(&[CONMON]).filter_map(|(pid, _)| conmon(ctx, pid));
    shims.chain(conmons).collect()
}

/// A shim works in the directory of its first task, `<tasks>/<namespace>/<id>`.
fn shim(ctx: &Context<'_>, pid: u32) -> Option<Monitor> {
    let task = ctx.host.read_link(format!("/proc/{pid}/cwd")).ok()?;
    let (namespace, id) = task.rsplit_once('/')?;
    let (tasks, _) = namespace.rsplit_once('/')?;
    let is_of_tasks = tasks.ends_with("io.containerd.runtime.v2.task");
    let record = Record { monitor: Some(pid), ..Record::default() };
    is_of_tasks.then(|| Monitor {
        directory: Directory::Tasks(tasks.to_owned()),
        record: Some((id.to_owned(), record)),
    })
}

fn conmon(ctx: &Context<'_>, pid: u32) -> Option<Monitor> {
    let bytes = ctx.host.read(format!("/proc/{pid}/cmdline")).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let arguments: Vec<&str> = text.split('\0').collect();
    let options = Options::parse(&arguments)?;
    let pid_file = options.pid_file.map(|file| ctx.host.read_text(file));
    let container = pid_file.and_then(|text| text.ok()?.trim().parse().ok());
    let record = Record {
        name: options.name.map(str::to_owned),
        pid: container,
        monitor: Some(pid),
        log_path: options.log.and_then(log_path).map(str::to_owned),
        directory: options.bundle.map(str::to_owned),
        ..Record::default()
    };
    let directory = options
        .bundle
        .and_then(storage_root)
        .map_or(Directory::None, |root| Directory::Storage(root.to_owned()));
    Some(Monitor { directory, record: Some((options.id.to_owned(), record)) })
}

/// The path in what conmon is told of logs: `DRIVER:PATH`, `PATH`, or `DRIVER` alone, which is without a file.
fn log_path(log: &str) -> Option<&str> {
    let path = log.split_once(':').map_or(log, |(_, path)| path);
    path.starts_with('/').then_some(path)
}

/// `<root>` of the bundle `<root>/<driver>-containers/<id>/userdata`.
fn storage_root(bundle: &str) -> Option<&str> {
    let (containers, _) = bundle.strip_suffix("/userdata")?.rsplit_once('/')?;
    let (root, directory) = containers.rsplit_once('/')?;
    directory.ends_with("-containers").then_some(root)
}

/// The options of conmon that are about its container.
#[derive(Debug, PartialEq, Eq)]
struct Options<'a> {
    id: &'a str,
    name: Option<&'a str>,
    bundle: Option<&'a str>,
    pid_file: Option<&'a str>,
    log: Option<&'a str>,
}

impl<'a> Options<'a> {
    fn parse(arguments: &[&'a str]) -> Option<Self> {
        let value = |names: [&str; 2]| {
            let at = arguments.iter().position(|argument| names.contains(argument))?;
            arguments.get(at + 1).copied().filter(|value| !value.is_empty())
        };
        Some(Self {
            id: value(["-c", "--cid"])?,
            name: value(["-n", "--name"]),
            bundle: value(["-b", "--bundle"]),
            pid_file: value(["-p", "--container-pidfile"]),
            log: value(["-l", "--log-path"]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conmons_options_name_the_container_and_its_directories() {
        let arguments = [
            "/usr/bin/conmon",
            "--api-version",
            "1",
            "-c",
            "c1",
            "-u",
            "c1",
            "-r",
            "/usr/sbin/runc",
            "-b",
            "/var/lib/containers/storage/overlay-containers/c1/userdata",
            "-p",
            "/run/c1/pidfile",
            "-n",
            "web",
            "-l",
            "k8s-file:/var/log/c1.log",
            "",
        ];
        let options = Options::parse(&arguments).unwrap();
        assert_eq!((options.id, options.name), ("c1", Some("web")));
        assert_eq!(options.bundle.and_then(storage_root), Some("/var/lib/containers/storage"));
        assert_eq!(options.log, Some("k8s-file:/var/log/c1.log"));
        assert_eq!(Options::parse(&["conmon", "-c"]), None);
        assert_eq!(Options::parse(&[]), None);
    }

    #[test]
    fn a_log_driver_without_a_file_has_no_path() {
        assert_eq!(log_path("k8s-file:/var/log/c1.log"), Some("/var/log/c1.log"));
        assert_eq!(log_path("/var/log/c1.log"), Some("/var/log/c1.log"));
        assert_eq!(log_path("journald"), None);
    }

    #[test]
    fn a_bundle_elsewhere_leads_to_no_storage() {
        assert_eq!(storage_root("/tmp/x"), None);
        assert_eq!(storage_root("/a/b/userdata"), None);
    }
}

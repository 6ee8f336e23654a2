//! Whether a unit is active, told without asking systemd.
//!
//! systemd keeps a link `/run/systemd/units/invocation:UNIT` from the start of a unit that runs programs
//! until it is inactive or failed, and a control group for the same time. The link alone is also there
//! while a service that keeps crashing waits for its next start; then no process is in the group.

use plimsoll_engine::snapshot::GapReason;

use crate::fact::Unknown;
use crate::host::{FileKind, Host, HostError, HostErrorKind};
use crate::systemd::Unit;

/// What systemd itself creates when it is the init system: sd_booted(3).
const BOOTED: &str = "/run/systemd/system";

/// Where systemd notes what it has started, since version 235.
const STARTED: &str = "/run/systemd/units";

/// Where systemd's control groups may be: of the unified hierarchy, its part of the hybrid one, and its
/// named hierarchy of version 1.
const HIERARCHIES: [&str; 3] = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"];

/// How deep processes may hide below a unit's control group: a daemon's own groups, a container's in it.
const DEPTH: usize = 6;

/// Whether the unit `name` is active on the running node.
///
/// # Errors
///
/// If systemd is not the init system, what it leaves in files does not tell, or a file cannot be read.
pub(crate) fn is_active(host: &Host, name: &str, unit: &Unit) -> Result<bool, Unknown> {
    if !host.exists(BOOTED)? {
        let detail = "systemd is not the init system of this node, or its /run is not visible here";
        return Err(Unknown::new(GapReason::Unsupported, BOOTED, detail));
    }
    let started = is_started(host, name)?;
    let group = Group::of(host, name, unit)?;
    match name.rsplit_once('.').map(|(_, kind)| kind) {
        Some("service") if started == Some(true) && stays_active_without_process(unit) => Ok(true),
        Some("service") => service(name, started, &group),
        Some("slice" | "scope") => Ok(group.exists),
        _ if started == Some(true) || group.exists => Ok(true),
        _ => Err(Unknown::new(
            GapReason::Unsupported,
            STARTED,
            format!("only systemd knows whether {name} is active"),
        )),
    }
}

fn service(name: &str, started: Option<bool>, group: &Group) -> Result<bool, Unknown> {
    match (started, group.populated) {
        (Some(false), _) => Ok(false),
        (Some(true) | None, Some(populated)) => Ok(populated),
        (Some(true), None) => Ok(true),
        (None, None) => {
            let detail =
                format!("neither {STARTED} nor a control group of systemd shows whether {name} is active");
            Err(Unknown::new(GapReason::Unsupported, STARTED, detail))
        }
    }
}

/// Whether systemd noted a start of the unit; `None` where it keeps no notes.
fn is_started(host: &Host, name: &str) -> Result<Option<bool>, Unknown> {
    if !host.exists(STARTED)? {
        return Ok(None);
    }
    // The link's text is an id and leads nowhere.
    match host.symlink_metadata(format!("{STARTED}/invocation:{name}")) {
        Ok(_) => Ok(Some(true)),
        Err(HostError { kind: HostErrorKind::NotFound, .. }) => Ok(Some(false)),
        Err(error) => Err(error.into()),
    }
}

fn stays_active_without_process(unit: &Unit) -> bool {
    let setting = |key| unit.last("Service", key).map(|value| value.value.as_str());
    setting("Type") == Some("oneshot")
        || setting("RemainAfterExit").is_some_and(|value| matches!(value, "yes" | "true" | "on" | "1"))
}

/// What the control group of a unit shows.
struct Group {
    exists: bool,
    /// Whether a process is in it; `None` if no hierarchy of systemd is visible.
    populated: Option<bool>,
}

impl Group {
    fn of(host: &Host, name: &str, unit: &Unit) -> Result<Self, Unknown> {
        let mut group = Self { exists: false, populated: None };
        for hierarchy in HIERARCHIES {
            if !host.exists(format!("{hierarchy}/{}", slice_path("system.slice")))? {
                continue;
            }
            let path = format!("{hierarchy}/{}", group_path(name, unit));
            let exists = host.exists(&path)?;
            let populated = exists && is_populated(host, &path, DEPTH)?;
            group.exists |= exists;
            group.populated = Some(populated || group.populated == Some(true));
        }
        Ok(group)
    }
}

/// The control group of a unit, below the root of its hierarchy.
fn group_path(name: &str, unit: &Unit) -> String {
    if name.ends_with(".slice") {
        return slice_path(name);
    }
    let slice = match (unit.last("Service", "Slice"), name.split_once('@')) {
        (Some(slice), _) => slice.value.clone(),
        (None, Some((prefix, _))) => format!("system-{}.slice", prefix.replace('-', "\\x2d")),
        (None, None) => "system.slice".to_owned(),
    };
    format!("{}/{name}", slice_path(&slice))
}

/// Where a slice lies: `a.slice/a-b.slice` of `a-b.slice`.
fn slice_path(slice: &str) -> String {
    let stem = slice.strip_suffix(".slice").unwrap_or(slice);
    let mut path = String::new();
    for (end, _) in stem.match_indices('-').filter(|(at, _)| *at > 0) {
        path.push_str(&format!("{}.slice/", &stem[..end]));
    }
    if stem == "-" { String::new() } else { format!("{path}{stem}.slice") }
}

/// Whether a process is in the control group at `path` or below it.
fn is_populated(host: &Host, path: &str, depth: usize) -> Result<bool, Unknown> {
    match host.read_text(format!("{path}/cgroup.events")) {
        Ok(events) => return Ok(events.lines().any(|line| line == "populated 1")),
        Err(HostError { kind: HostErrorKind::NotFound, .. }) => {}
        Err(error) => return Err(error.into()),
    }
    // Version 1 has no such file: somebody has to look into the groups.
    match host.read_text(format!("{path}/cgroup.procs")) {
        Ok(processes) if !processes.trim().is_empty() => return Ok(true),
        Ok(_) => {}
        Err(HostError { kind: HostErrorKind::NotFound, .. }) => return Ok(false),
        Err(error) => return Err(error.into()),
    }
    for entry in host.read_dir(path)? {
        if depth > 0 && entry.kind == FileKind::Directory {
            let below = format!("{path}/{}", entry.name.to_string_lossy());
            if is_populated(host, &below, depth - 1)? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_nest_by_their_dashes() {
        assert_eq!(slice_path("system.slice"), "system.slice");
        assert_eq!(slice_path("kubepods-burstable.slice"), "kubepods.slice/kubepods-burstable.slice");
        assert_eq!(slice_path("-.slice"), "");
    }
}

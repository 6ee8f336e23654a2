//! Which containers a word means.

use serde::Serialize;
use serde_json::Value;

use super::device::Devices;
use crate::containers::Container;

/// The fewest characters that stand for the beginning of a layer's id.
pub(super) const LEAST_OF_LAYER: usize = 6;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Question {
    Process(u64),
    PidNamespace(u64),
    /// A device of the device mapper, by the kernel's name for it or the one in /dev/mapper.
    Device(String),
    Path(String),
    Name(String),
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found<'c> {
    /// What the word is of them.
    pub(super) by: Option<By>,
    pub(super) containers: Vec<&'c Container>,
    /// The process that was asked for.
    pub(super) pid: Option<u64>,
    /// The device that was asked for.
    pub(super) device: Option<&'c Value>,
    /// Whether the word is the beginning of several names, of which one must have been meant.
    pub(super) is_ambiguous: bool,
}

/// What a word is of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum By {
    Process,
    PidNamespace,
    Device,
    Path,
    Name,
    Pod,
    Layer,
}

impl Question {
    pub(super) fn parse(what: &str) -> Self {
        if let Some(Ok(inode)) = what.strip_prefix("pidns:").map(str::parse) {
            return Self::PidNamespace(inode);
        }
        if let Some(rest) = what.strip_prefix("/proc/")
            && let Some(Ok(pid)) = rest.split('/').next().map(str::parse)
        {
            return Self::Process(pid);
        }
        if let Some(device) = what.strip_prefix("/dev/mapper/").or_else(|| kernel_device(what)) {
            return Self::Device(device.to_owned());
        }
        match what.parse() {
            Ok(pid) => Self::Process(pid),
            Err(_) if what.starts_with('/') => Self::Path(what.trim_end_matches('/').to_owned()),
            Err(_) => Self::Name(what.to_owned()),
        }
    }

    /// The word as a name or the beginning of one, if it can be.
    pub(super) fn name(&self) -> Option<String> {
        match self {
            Self::Process(pid) => Some(pid.to_string()),
            Self::Name(name) => Some(name.clone()),
            Self::PidNamespace(_) | Self::Device(_) | Self::Path(_) => None,
        }
    }

    /// What none has, in words.
    pub(super) fn sought(&self) -> String {
        match self {
            Self::Process(pid) => format!("the process {pid}, or an id or a name that begins so"),
            Self::PidNamespace(inode) => format!("the process namespace {inode}"),
            Self::Device(device) => format!("{device}, nor is it a device of the device mapper"),
            Self::Path(path) => format!(
                "{path} among its layers, its log or its records; no store has it as a layer or a blob"
            ),
            Self::Name(name) => {
                format!(
                    "an id, a name, a pod or a layer that begins with {name}; nor has a store such an image, layer or blob"
                )
            }
        }
    }
}

impl Found<'_> {
    /// Whether one thing is meant, and found.
    pub(super) fn is_answer(&self) -> bool {
        (!self.containers.is_empty() || self.device.is_some()) && !self.is_ambiguous
    }
}

/// `dm-3` of `/dev/dm-3` and of `dm-3`.
fn kernel_device(what: &str) -> Option<&str> {
    let device = what.strip_prefix("/dev/").unwrap_or(what);
    let number = device.strip_prefix("dm-")?;
    number.parse::<u32>().is_ok().then_some(device)
}

/// The containers that `question` means; a device of `devices` is whose files it holds.
pub(super) fn find<'c>(question: &Question, containers: &'c [Container], devices: &'c Devices) -> Found<'c> {
    match question {
        Question::Process(pid) => {
            let found = innermost(&select(containers, |container| has_process(container, *pid)));
            if found.is_empty() {
                return by_name(&pid.to_string(), containers);
            }
            Found { pid: Some(*pid), ..self::found(By::Process, found) }
        }
        Question::PidNamespace(inode) => {
            let is_in = |container: &Container| container.number("/namespaces/inodes/pid") == Some(*inode);
            found(By::PidNamespace, select(containers, is_in))
        }
        Question::Device(name) => {
            let device = devices.named(name);
            let owner = device.and_then(|device| device.get("container")).and_then(Value::as_str);
            let own = select(containers, |container| Some(container.id()) == owner);
            Found { device, ..found(By::Device, own) }
        }
        Question::Path(path) => found(By::Path, select(containers, |container| holds(container, path))),
        Question::Name(name) => by_name(name, containers),
    }
}

fn found(by: By, containers: Vec<&Container>) -> Found<'_> {
    Found { by: (!containers.is_empty()).then_some(by), containers, ..Found::default() }
}

fn select(containers: &[Container], is_meant: impl Fn(&Container) -> bool) -> Vec<&Container> {
    containers.iter().filter(|container| is_meant(container)).collect()
}

/// Whether it runs in the container, or watches over it.
fn has_process(container: &Container, pid: u64) -> bool {
    container.number("/monitor") == Some(pid)
        || container
            .list("/processes/list")
            .iter()
            .any(|process| process.get("pid").and_then(Value::as_u64) == Some(pid))
}

/// Without the containers that others of them run in.
fn innermost<'c>(found: &[&'c Container]) -> Vec<&'c Container> {
    let holds_another =
        |container: &Container| found.iter().any(|other| other.text("/outer") == Some(container.id()));
    found.iter().filter(|container| !holds_another(container)).copied().collect()
}

/// Whole names before beginnings of names, and those of containers before those of what they are of.
fn by_name<'c>(name: &str, containers: &'c [Container]) -> Found<'c> {
    type Test = fn(&str, &str) -> bool;
    let (is, begins): (Test, Test) = (|known, name| known == name, |known, name| known.starts_with(name));
    for test in [is, begins] {
        let own = select(containers, |container| {
            let names = ["/id", "/name", "/label"].into_iter().filter_map(|pointer| container.text(pointer));
            names.into_iter().any(|known| test(known, name))
        });
        if !own.is_empty() {
            let is_ambiguous = own.len() > 1;
            return Found { is_ambiguous, ..found(By::Name, own) };
        }
        let of_pod =
            select(containers, |container| pod_names(container).iter().any(|known| test(known, name)));
        if !of_pod.is_empty() {
            return found(By::Pod, of_pod);
        }
    }
    found(By::Layer, select(containers, |container| has_layer(container, name)))
}

fn pod_names(container: &Container) -> Vec<String> {
    let (name, namespace) = (container.text("/pod/name"), container.text("/pod/namespace"));
    let full = name.zip(namespace).map(|(name, namespace)| format!("{namespace}/{name}"));
    let own = name.into_iter().chain(container.text("/pod/uid")).map(str::to_owned);
    own.chain(full).collect()
}

/// The directories of its layers, the writable one first.
pub(super) fn layers(container: &Container) -> impl Iterator<Item = &str> {
    let own = ["/writable_layer", "/filesystem/upper_dir", "/filesystem/merged_dir"];
    let lower = container.list("/filesystem/lower_dirs").iter().filter_map(Value::as_str);
    own.into_iter().filter_map(|pointer| container.text(pointer)).chain(lower)
}

/// Whether the directory of a layer is named so, or begins so.
fn has_layer(container: &Container, name: &str) -> bool {
    let is_layer =
        |component: &str| component == name || (name.len() >= LEAST_OF_LAYER && component.starts_with(name));
    layers(container).any(|directory| directory.rsplit('/').take(2).any(is_layer))
}

/// Whether `path` is in or around what belongs to the container: its layers, its log, its record, its control group,
/// what the kubelet keeps of its pod.
fn holds(container: &Container, path: &str) -> bool {
    let others = ["/log_path", "/record"].into_iter().filter_map(|pointer| container.text(pointer));
    let pod = container.text("/pod/uid").map(|uid| format!("/pods/{uid}"));
    layers(container).map(layer_directory).chain(others).any(|own| is_below(path, own))
        || container.text("/cgroup/path").is_some_and(|group| is_within(path, group))
        || pod.is_some_and(|pod| is_within(path, &pod))
}

/// Whether the components of `part`, which begins with a slash, are in those of `path`: a control group is below the
/// mount of each hierarchy.
fn is_within(path: &str, part: &str) -> bool {
    part.len() > 1 && path.find(part).is_some_and(|at| is_below(&path[at..], part))
}

/// The directory of a layer, of which `diff`, `fs` and `merged` are parts.
pub(super) fn layer_directory(directory: &str) -> &str {
    match directory.rsplit_once('/') {
        Some((layer, "diff" | "fs" | "merged")) => layer,
        _ => directory,
    }
}

/// Whether `path` is `directory` or something in it.
pub(super) fn is_below(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

//! A container daemon on the node: its binary, its unit, its process, and what it was started with.

mod process;

use std::path::Path;

use plimsoll_engine::snapshot::{GapReason, Layer, Origin};

pub(crate) use process::{Process, read};

use crate::commands;
use crate::context::Context;
use crate::exec_start;
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::Host;
use crate::origin;
use crate::proxy::{self, Environment};
use crate::redact::mask;
use crate::systemd::{Unit, UnitFiles};

/// What a daemon is called, and where it is found.
#[derive(Debug)]
pub(crate) struct Program {
    /// How procfs names its process.
    pub(crate) process: &'static str,
    /// Where it leaves its process id, if it does.
    pub(crate) pid_file: Option<&'static str>,
    /// Where packages and static builds put it.
    pub(crate) binaries: &'static [&'static str],
    /// The units that start it; the first that there is counts.
    pub(crate) units: &'static [&'static str],
}

/// The traces of a daemon on the node.
#[derive(Debug)]
pub(crate) struct Daemon {
    pub(crate) process: Fact<Process>,
    pub(crate) unit: Fact<Unit>,
    pub(crate) binary: Fact<String>,
}

impl Daemon {
    /// Looks for a daemon. Of several processes that one is it that `is_it` first says yes to.
    pub(crate) fn find(ctx: &Context<'_>, program: &Program, is_it: fn(&Process) -> bool) -> Self {
        let process = ctx.running("/proc", || process::find(ctx, program, is_it));
        let binary = find_binary(ctx.host, process.known(), program.binaries);
        let unit = match UnitFiles::list(ctx.host) {
            Ok(files) => find_unit(&files, program.units),
            Err(unknown) => Fact::Gap(unknown),
        };
        Self { process, unit, binary }
    }

    /// The daemon that runs as `process`, with the one of its units whose control group it is in.
    pub(crate) fn running(ctx: &Context<'_>, program: &Program, process: Process) -> Self {
        let binary = find_binary(ctx.host, Some(&process), program.binaries);
        let unit = process::unit_of(ctx.host, process.pid, program.units).map_or(Fact::Absent, |name| {
            match UnitFiles::list(ctx.host) {
                Ok(files) => find_unit(&files, &[name]),
                Err(unknown) => Fact::Gap(unknown),
            }
        });
        Self { process: Fact::Known(process), unit, binary }
    }

    /// Every other process of the node's that is such a daemon; none of a node that does not run.
    pub(crate) fn others(&self, ctx: &Context<'_>, program: &Program) -> Vec<Self> {
        let own = self.process.known().map(|process| process.pid);
        let all = if ctx.host.is_running() { process::all(ctx, program) } else { Vec::new() };
        let others = all.into_iter().filter(|process| Some(process.pid) != own);
        others.map(|process| Self::running(ctx, program, process)).collect()
    }

    /// Whether there is one. A trace says yes; the lack of any says no only if every place could be looked
    /// at. Off line there is no process to be missed.
    pub(crate) fn is_there(&self) -> Fact<bool> {
        any_trace(&self.process, &self.unit, &self.binary)
    }

    /// Its command line, the program first: that of the process, else that of the unit; empty if there is
    /// neither. An argument that the unit gives has its place there.
    pub(crate) fn arguments(&self, host: &Host) -> Fact<Vec<Sourced<String>>> {
        let configured = self.unit.as_ref().and_then(|unit| exec_start::arguments(host, unit).into());
        let configured =
            configured.map(|arguments: Vec<_>| arguments.into_iter().map(as_flag).collect::<Vec<_>>());
        match &self.process {
            Fact::Known(process) => {
                Fact::Known(placed(process, configured.known().map(Vec::as_slice).unwrap_or_default()))
            }
            Fact::Absent | Fact::Gap(_) => configured.or_absent(Vec::new()),
        }
    }

    /// Its working directory: that of the process, else the one that systemd starts services in.
    pub(crate) fn directory(&self) -> &str {
        self.process.known().and_then(|process| process.directory.as_deref()).unwrap_or("/")
    }

    /// The path as it takes it: from its working directory on.
    pub(crate) fn absolute(&self, path: &str) -> String {
        Path::new(self.directory()).join(path).to_string_lossy().into_owned()
    }

    /// Where it looks for programs: in its `PATH`, and beside its own.
    pub(crate) fn program_directories(&self, host: &Host) -> Vec<String> {
        let path = self.environment(host, |name| name == "PATH").ok();
        let path = path.and_then(|mut variables| variables.remove("PATH")).map(|path| path.value);
        let mut directories: Vec<String> = match path {
            Some(path) => path.split(':').filter(|part| part.starts_with('/')).map(str::to_owned).collect(),
            None => commands::DIRECTORIES.map(str::to_owned).to_vec(),
        };
        let beside = self.binary.known().and_then(|binary| binary.rsplit_once('/')).map(|(parent, _)| parent);
        directories.extend(beside.map(str::to_owned));
        directories
    }

    /// Those variables of its environment that `is_wanted` names: of the process, else of the unit. They may
    /// be secrets.
    pub(crate) fn environment(
        &self,
        host: &Host,
        is_wanted: fn(&str) -> bool,
    ) -> Result<Environment, Unknown> {
        let configured = match &self.unit {
            Fact::Known(unit) => exec_start::environment(host, unit),
            Fact::Absent => Ok(Environment::new()),
            Fact::Gap(unknown) => Err(unknown.clone()),
        };
        let mut environment = match &self.process {
            Fact::Known(process) => {
                let running = process::environment(host, process.pid)?;
                proxy::placed(process.pid, running, &configured.unwrap_or_default())
            }
            Fact::Absent | Fact::Gap(_) => configured?,
        };
        environment.retain(|name, _| is_wanted(name));
        Ok(environment)
    }
}

/// As [`Daemon::is_there`], of a program's traces.
pub(crate) fn any_trace<P>(process: &Fact<P>, unit: &Fact<Unit>, binary: &Fact<String>) -> Fact<bool> {
    fn state<T>(fact: &Fact<T>) -> Fact<()> {
        fact.as_ref().map(|_| ())
    }
    let traces = [state(process), state(unit), state(binary)];
    if traces.contains(&Fact::Known(())) {
        return Fact::Known(true);
    }
    let matters = |unknown: &Unknown| unknown.reason != GapReason::Offline;
    let gap = traces.into_iter().find_map(|trace| match trace {
        Fact::Gap(unknown) if matters(&unknown) => Some(unknown),
        _ => None,
    });
    gap.map_or(Fact::Known(false), Fact::Gap)
}

/// The one of `units` that starts a daemon of the node: that whose control group the process `pid` is in, or else the
/// first that there is.
///
/// # Errors
///
/// If the units cannot be listed.
pub(crate) fn unit_that_starts<'u>(
    host: &Host,
    pid: Option<u32>,
    units: &[&'u str],
) -> Result<Option<&'u str>, Unknown> {
    if let Some(unit) = pid.and_then(|pid| process::unit_of(host, pid, units)) {
        return Ok(Some(unit));
    }
    let files = UnitFiles::list(host)?;
    let there = files.names("service");
    Ok(units.iter().find(|unit| there.contains(**unit)).copied())
}

/// The first of the units `names` that there is.
pub(crate) fn find_unit(files: &UnitFiles<'_>, names: &[&str]) -> Fact<Unit> {
    let mut units = names.iter().map(|name| Unit::find(files, name));
    match units.find(|unit| !matches!(unit, Ok(None))) {
        Some(Ok(unit)) => unit.into(),
        Some(Err(unknown)) => Fact::Gap(unknown),
        None => Fact::Absent,
    }
}

/// A program's executable: that of its process, `running`, else the first of `binaries` that is there.
pub(crate) fn find_binary(host: &Host, running: Option<&Process>, binaries: &[&str]) -> Fact<String> {
    if let Some(executable) = running.and_then(|process| process.executable.clone()) {
        return Fact::Known(executable);
    }
    let mut unknown = None;
    for path in binaries {
        match host.exists(path) {
            Ok(true) => return Fact::Known((*path).to_owned()),
            Ok(false) => {}
            Err(error) => unknown = Some(error),
        }
    }
    unknown.map_or(Fact::Absent, |error| Fact::Gap(error.into()))
}

/// Whatever file an argument comes from, it is one.
pub(crate) fn as_flag(argument: Sourced<String>) -> Sourced<String> {
    Sourced { origin: Origin { layer: Layer::Flag, ..argument.origin }, ..argument }
}

/// The process's arguments, each with its place in the unit if the unit gives the same one.
pub(crate) fn placed(process: &Process, configured: &[Sourced<String>]) -> Vec<Sourced<String>> {
    let place = |argument: &String| {
        // What is only known of a distribution has no place of its own.
        let has_place = |configured: &&Sourced<String>| configured.origin.file.is_some();
        let same = configured.iter().filter(has_place).find(|configured| configured.value == *argument);
        same.cloned().unwrap_or_else(|| Sourced {
            value: argument.clone(),
            origin: Origin {
                layer: Layer::Flag,
                file: Some(format!("/proc/{}/cmdline", process.pid)),
                text: Some(mask(argument)),
                ..origin::default()
            },
        })
    };
    process.arguments.iter().map(place).collect()
}

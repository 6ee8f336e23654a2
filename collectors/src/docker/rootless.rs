//! The dockerd of a user, as `dockerd-rootless.sh` starts it.

use std::sync::Arc;

use plimsoll_engine::snapshot::{GapReason, Layer};

use super::config_file::File;
use super::flags::Flags;
use super::installation::{DOCKERD, Installation};
use super::socket;
use crate::accounts::{Accounts, User};
use crate::context::Context;
use crate::daemon::{self, Process};
use crate::fact::{Fact, Sourced, Unknown};
use crate::processes::Processes;

/// The unit that `dockerd-rootless-setuptool.sh` writes, in the user's home.
const UNIT: &str = ".config/systemd/user/docker.service";

/// A dockerd of a user: one that runs, or the one that is configured.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rootless {
    /// The user's name.
    pub(crate) user: String,
    /// The user's number.
    pub(crate) uid: u32,
    /// The number of its process; `None` if it does not run.
    pub(crate) pid: Option<u32>,
    /// Whether it runs, or the user has a unit that starts it.
    pub(crate) is_set_up: bool,
    /// The directory of images, containers and volumes.
    pub(crate) data_root: Fact<String>,
}

/// The dockerd of each user who has a home. That of a user who never had one is at the usual place, too, where
/// a store may be.
///
/// # Errors
///
/// If the users cannot be told.
pub(crate) fn rootless_instances(ctx: &Context<'_>) -> Result<Arc<Vec<Rootless>>, Unknown> {
    struct Read(Result<Arc<Vec<Rootless>>, Unknown>);
    let read = || {
        let accounts = Accounts::read(ctx.host)?;
        let running = if ctx.host.is_running() { running(ctx) } else { Vec::new() };
        let users = accounts.at_home().filter(|user| user.uid != 0);
        Ok(Arc::new(users.map(|user| Rootless::of(ctx, user, &running)).collect()))
    };
    ctx.host.once(|| Read(read())).0.clone()
}

/// The dockerds that run, each with its user.
fn running(ctx: &Context<'_>) -> Vec<(u32, Process)> {
    let Ok(processes) = Processes::of(ctx) else { return Vec::new() };
    let all = processes.named(&[DOCKERD.process]).filter_map(|(pid, _)| {
        let status = processes.status(pid).ok().filter(|status| status.is_alive && status.is_of_node)?;
        Some((status.user?, daemon::read(ctx.host, pid).known()?.clone()))
    });
    all.collect()
}

impl Rootless {
    fn of(ctx: &Context<'_>, user: &User, running: &[(u32, Process)]) -> Self {
        let process = running.iter().find(|(uid, _)| *uid == user.uid).map(|(_, process)| process);
        let file = format!("{}/.config/docker/daemon.json", user.home);
        let config = match process {
            Some(process) => {
                Installation::find(ctx).of_process(ctx, process.clone()).configuration(ctx, &file)
            }
            None => File::read(ctx.host, &Flags::default(), &file).merge(&Flags::default()),
        };
        let data_root = config.and_then(|config| config.text("data-root"));
        let unit = format!("{}/{UNIT}", user.home);
        Self {
            user: user.name.clone(),
            uid: user.uid,
            pid: process.map(|process| process.pid),
            is_set_up: process.is_some() || ctx.host.exists(unit).unwrap_or(false),
            data_root: data_root.map(|root| match root.origin.layer {
                Layer::Default => format!("{}/.local/share/docker", user.home),
                _ => root.value,
            }),
        }
    }

    /// Where it listens, unless it is told otherwise.
    pub(crate) fn socket(&self) -> String {
        format!("/run/user/{}/docker.sock", self.uid)
    }

    /// The socket of the containerd that it starts.
    pub(crate) fn containerd_socket(&self) -> String {
        format!("/run/user/{}/docker/containerd/containerd.sock", self.uid)
    }
}

/// Where the dockerd of a user listens that runs as `process`: what it is told, by flag or in the user's
/// daemon.json, else `docker.sock` in the user's directory for sockets.
pub(crate) fn rootless_socket(ctx: &Context<'_>, process: Process) -> Fact<Sourced<String>> {
    let source = format!("/proc/{}/environ", process.pid);
    let installation = Installation::find(ctx).of_process(ctx, process);
    let environment = match installation.daemon.environment(ctx.host, is_wanted) {
        Ok(environment) => environment,
        Err(unknown) => return Fact::Gap(unknown),
    };
    let directory = |name: &str| environment.get(name).filter(|directory| !directory.value.is_empty());
    let home = || directory("HOME").map(|home| format!("{}/.config", home.value));
    let unset = |name| Unknown::new(GapReason::Failed, &source, format!("it is started without {name}"));
    let Some(home) = directory("XDG_CONFIG_HOME").map(|home| home.value.clone()).or_else(home) else {
        return Fact::Gap(unset("HOME"));
    };
    let config = installation.configuration(ctx, &format!("{home}/docker/daemon.json"));
    socket::path(&config, &installation.socket_unit).and_then(|path| match path.origin.layer {
        Layer::Default => match directory("XDG_RUNTIME_DIR") {
            Some(Sourced { value, origin }) => {
                Fact::Known(Sourced { value: format!("{value}/docker.sock"), origin: origin.clone() })
            }
            None => Fact::Gap(unset("XDG_RUNTIME_DIR")),
        },
        _ => Fact::Known(path),
    })
}

fn is_wanted(name: &str) -> bool {
    matches!(name, "HOME" | "XDG_CONFIG_HOME" | "XDG_RUNTIME_DIR")
}

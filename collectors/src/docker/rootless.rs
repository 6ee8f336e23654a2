//! The dockerd of a user, as `dockerd-rootless.sh` starts it.

use plimsoll_engine::snapshot::{GapReason, Layer};

use super::installation::Installation;
use super::socket;
use crate::context::Context;
use crate::daemon::Process;
use crate::fact::{Fact, Sourced, Unknown};

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

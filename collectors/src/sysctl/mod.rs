//! Kernel parameters: what they are now, and what they are set to when the node boots.

mod name;
mod persisted;
mod value;

use schemars::JsonSchema;
use serde::Serialize;

pub use value::Value;

use crate::context::Context;
use crate::fact::{Fact, Sourced};
use crate::host::Host;
use crate::keyed::Keyed;
use persisted::Persisted;

/// A kernel parameter, by its name in either notation of sysctl(8): `net.ipv4.ip_forward`,
/// `net/ipv4/ip_forward`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Parameter {
    /// Its value now: an integer if it is one, else text with single blanks; null if the running kernel
    /// has no such parameter, for example because a module is not loaded. A gap if it cannot be read: some
    /// can only be written.
    /// Source: /proc/sys.
    pub running: Fact<Value>,
    /// What it is set to when the node boots; null if no file sets it, which leaves the kernel's default.
    /// The files of sysctl.d count in the order of sysctl.d(5). /etc/sysctl.conf counts where it is linked
    /// into one of the directories; without systemd it is read last.
    /// Source: *.conf in sysctl.d below /etc, /run, /usr/local/lib, /usr/lib and /lib; /etc/sysctl.conf.
    pub persisted: Fact<Sourced<Value>>,
}

/// Reads the kernel parameters that somebody asks for.
pub fn collect(ctx: &Context<'_>) -> Fact<Keyed<Parameter>> {
    let mut names = ctx.demand.keys(&["sysctl"]).peekable();
    let persisted: Fact<Persisted> =
        if names.peek().is_some() { Persisted::read(ctx.host).into() } else { Fact::Absent };
    Fact::Known(Keyed::read(names, |name| parameter(ctx, &persisted, name)))
}

fn parameter(ctx: &Context<'_>, persisted: &Fact<Persisted>, name: &str) -> Parameter {
    match name::path(name) {
        Ok(path) => Parameter {
            running: ctx.running("/proc/sys", || running(ctx.host, &path)),
            persisted: persisted.as_ref().and_then(|persisted| persisted.value(&path)),
        },
        Err(unknown) => Parameter { running: Fact::Gap(unknown.clone()), persisted: Fact::Gap(unknown) },
    }
}

fn running(host: &Host, path: &str) -> Fact<Value> {
    Fact::from(host.read_text(format!("/proc/sys/{path}"))).map(|text| Value::parse(&text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Options;
    use crate::tree::Tree;
    use plimsoll_engine::demand::Demand;
    use plimsoll_engine::snapshot::GapReason;
    use serde_json::json;
    use std::time::Instant;

    fn read(host: &Host, name: &str) -> Parameter {
        let (demand, options) = (Demand::default(), Options::default());
        let ctx = Context { host, demand: &demand, options: &options, deadline: Instant::now() };
        parameter(&ctx, &Persisted::read(host).into(), name)
    }

    #[test]
    fn a_running_node_tells_its_parameters_and_which_it_has_not() {
        let host = Host::live().unwrap();
        assert!(
            matches!(read(&host, "kernel.pid_max").running, Fact::Known(Value::Integer(max)) if max > 100)
        );
        let range = read(&host, "net.ipv4.ip_local_port_range").running;
        assert!(matches!(range, Fact::Known(Value::Text(text)) if text.split(' ').count() == 2));
        assert_eq!(read(&host, "kernel.no_such_parameter").running, Fact::Absent);
        let Fact::Gap(directory) = read(&host, "net.ipv4").running else { panic!("not a gap") };
        assert_eq!(directory.reason, GapReason::Malformed);
        assert!(matches!(read(&host, "kernel/../../version").running, Fact::Gap(_)));
    }

    #[test]
    fn a_parameter_that_can_only_be_written_is_a_gap() {
        // The kernel refuses to read it even to root.
        let compact = read(&Host::live().unwrap(), "vm.compact_memory").running;
        assert!(matches!(compact, Fact::Gap(unknown) if unknown.reason == GapReason::Denied));
    }

    #[test]
    fn an_offline_root_tells_only_what_is_persisted() {
        let tree = Tree::new().file("usr/lib/sysctl.d/50.conf", "net.ipv4.ip_forward=1\n");
        let parameter = read(&tree.host(), "net.ipv4.ip_forward");
        assert!(matches!(parameter.running, Fact::Gap(unknown) if unknown.reason == GapReason::Offline));
        assert_eq!(parameter.persisted.known().unwrap().value.to_json(), json!(1));
    }
}

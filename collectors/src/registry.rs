//! The list of all collectors: one line each.

use plimsoll_engine::catalogue::Catalogue;
use plimsoll_engine::snapshot::GapReason;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;

use crate::context::Context;
use crate::fact::{Fact, Unknown};

/// A collector: the name of its facts, their schema, and the function that reads them.
pub struct Collector {
    /// The top-level member of the facts that it tells.
    pub name: &'static str,
    collect: Box<dyn Fn(&Context<'_>) -> Value + Send + Sync>,
    schema: fn() -> Value,
}

impl std::fmt::Debug for Collector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Collector").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Collector {
    /// A collector of facts of type `F`.
    pub fn new<F: Serialize + JsonSchema + 'static>(
        name: &'static str,
        collect: fn(&Context<'_>) -> Fact<F>,
    ) -> Self {
        Self { name, collect: Box::new(move |context| to_value(&collect(context))), schema: schema_of::<F> }
    }

    /// The JSON Schema of its facts, with every definition in line.
    pub fn schema(&self) -> Value {
        (self.schema)()
    }

    /// Reads the facts; gaps and origins are still marked objects in them.
    pub(crate) fn collect(&self, context: &Context<'_>) -> Value {
        (self.collect)(context)
    }
}

fn to_value<F: Serialize>(facts: &Fact<F>) -> Value {
    serde_json::to_value(facts).unwrap_or_else(|error| {
        let unknown = Unknown {
            reason: GapReason::Failed,
            source: None,
            detail: format!("the facts cannot be written as JSON: {error}"),
        };
        serde_json::to_value(Fact::<()>::Gap(unknown)).unwrap_or(Value::Null)
    })
}

fn schema_of<F: JsonSchema>() -> Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true);
    SchemaGenerator::new(settings).into_root_schema_for::<F>().to_value()
}

/// The catalogue of every fact that the collectors tell.
pub fn catalogue() -> Catalogue {
    Catalogue::from_schemas(all().iter().map(|collector| (collector.name.to_owned(), collector.schema())))
}

/// Every collector, in the order in which they are started: those that take longest first.
pub fn all() -> Vec<Collector> {
    vec![
        Collector::new("network", crate::network::collect),
        Collector::new("docker", crate::docker::collect),
        Collector::new("kernel", crate::kernel::collect),
        Collector::new("cni", crate::cni::collect),
        Collector::new("containerd", crate::containerd::collect),
        Collector::new("containers", crate::containers::collect),
        Collector::new("crictl", crate::crictl::collect),
        Collector::new("crio", crate::crio::collect),
        Collector::new("denials", crate::denials::collect),
        Collector::new("kernel_log", crate::kernel_log::collect),
        Collector::new("kubelet", crate::kubelet::collect),
        Collector::new("oci_hooks", crate::oci_hooks::collect),
        Collector::new("pods", crate::containers::collect_pods),
        Collector::new("podman", crate::podman::collect),
        Collector::new("registries", crate::registries::collect),
        Collector::new("runtimes", crate::runtimes::collect),
        Collector::new("storage", crate::storage::collect),
        Collector::new("apparmor", crate::apparmor::collect),
        Collector::new("cgroup", crate::cgroup::collect),
        Collector::new("commands", crate::commands::collect),
        Collector::new("cpu", crate::cpu::collect),
        Collector::new("devicemapper", crate::devicemapper::collect),
        Collector::new("files", crate::files::collect),
        Collector::new("filesystem", crate::filesystem::collect),
        Collector::new("limits", crate::limits::collect),
        Collector::new("memory", crate::memory::collect),
        Collector::new("mounts", crate::mounts::collect),
        Collector::new("os", crate::os::collect),
        Collector::new("overlay", crate::overlay::collect),
        Collector::new("seccomp", crate::seccomp::collect),
        Collector::new("selinux", crate::selinux::collect),
        Collector::new("swap", crate::swap::collect),
        Collector::new("sysctl", crate::sysctl::collect),
        Collector::new("packages", crate::packages::collect),
        Collector::new("time", crate::time::collect),
        Collector::new("units", crate::units::collect),
    ]
}

//! The Container Runtime Interface, asked for its version and its status (k8s.io/cri-api).

mod call;
mod messages;

use std::time::{Duration, Instant};

pub(super) use call::CallError;
use call::Client;
use messages::{StatusRequest, StatusResponse, VersionRequest, VersionResponse};

use super::daemon::{Condition, Cri, DaemonName};
use crate::fact::Fact;
use crate::host::Host;
use crate::redact::mask;

/// The versions of the interface, the newer first: containerd before 1.6 speaks the older one only.
const APIS: [&str; 2] = ["v1", "v1alpha2"];

/// containerd's own service, which is there without its CRI plugin, too.
const CONTAINERD_VERSION: &str = "/containerd.services.version.v1.Version/Version";

/// What the daemon at `socket` says; all is over after `patience`. Absent if it does not speak the interface.
///
/// # Errors
///
/// If it does not answer in time, or not as it should.
pub(super) fn ask(
    host: &Host,
    name: DaemonName,
    socket: &str,
    patience: Duration,
) -> Result<Fact<Cri>, CallError> {
    let client = Client::new(host, socket, Instant::now() + patience);
    for api in APIS {
        let method = |name: &str| format!("/runtime.{api}.RuntimeService/{name}");
        let request = VersionRequest { version: String::new() };
        match client.call::<_, VersionResponse>(&method("Version"), &request) {
            Ok(version) => {
                let request = StatusRequest { verbose: false };
                let status = client.call::<_, StatusResponse>(&method("Status"), &request)?;
                return Ok(Fact::Known(Cri::of(api, version, status)));
            }
            Err(CallError::Unimplemented) => {}
            Err(error) => return Err(error),
        }
    }
    if name == DaemonName::Containerd {
        client.call::<_, messages::Empty>(CONTAINERD_VERSION, &messages::Empty {})?;
    }
    Ok(Fact::Absent)
}

impl Cri {
    fn of(api: &str, version: VersionResponse, status: StatusResponse) -> Self {
        let conditions = status.status.map(|status| status.conditions);
        let holds = |name: &str| {
            let condition = conditions.iter().flatten().find(|condition| condition.name == name);
            condition.map(|condition| condition.status).into()
        };
        Self {
            api: api.to_owned(),
            runtime: version.runtime_name,
            version: version.runtime_version,
            runtime_ready: holds("RuntimeReady"),
            network_ready: holds("NetworkReady"),
            conditions: conditions.map(|list| list.into_iter().map(Condition::from).collect()).into(),
        }
    }
}

impl From<messages::RuntimeCondition> for Condition {
    fn from(condition: messages::RuntimeCondition) -> Self {
        let messages::RuntimeCondition { name, status, reason, message } = condition;
        Self { name, status, reason, message: mask(&message) }
    }
}

//! containerd's tasks: `io.containerd.runtime.v2.task/<namespace>/<id>` below its state directory, one for each
//! container that was started and not deleted since.

use crate::context::Context;
use crate::listing;

use super::super::container::{Kind, Runtime, State};
use super::bundle::Bundle;
use super::{Record, Records, json};

/// The namespace of docker's containers.
const DOCKER: &str = "moby";

/// Reads the tasks below `directory`, which holds one directory for each namespace.
pub(super) fn read(ctx: &Context<'_>, directory: &str, records: &mut Records) {
    let namespaces = match listing::names(ctx.host, directory) {
        Ok(namespaces) => namespaces,
        Err(error) => return records.gap(error),
    };
    for namespace in namespaces {
        let directory = format!("{directory}/{namespace}");
        match listing::names(ctx.host, &directory) {
            Ok(ids) => ids.iter().for_each(|id| records.add(id, task(ctx, &namespace, &directory, id))),
            Err(error) => records.gap(error),
        }
    }
}

fn task(ctx: &Context<'_>, namespace: &str, directory: &str, id: &str) -> Record {
    let directory = format!("{directory}/{id}");
    let record = match json::read::<Bundle>(ctx, &format!("{directory}/config.json")) {
        Ok(bundle) => bundle.unwrap_or_default().record(),
        Err(unknown) => Record::unreadable(unknown),
    };
    let pid = ctx.host.read_text(format!("{directory}/init.pid")).ok();
    let runtime = if namespace == DOCKER { Runtime::Docker } else { Runtime::Containerd };
    Record {
        runtime: Some(runtime),
        namespace: Some(namespace.to_owned()),
        kind: record.kind.or(Some(Kind::Container)),
        // Without a process; with one, that tells.
        state: Some(State::Stopped),
        pid: pid.and_then(|pid| pid.trim().parse().ok()),
        directory: Some(directory),
        ..record
    }
}

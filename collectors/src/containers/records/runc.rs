//! The state directories of runc (`<id>/state.json`) and crun (`<id>/status`).

use serde::Deserialize;

use crate::context::Context;
use crate::host::FileKind;

use super::super::container::Runtime;
use super::places::RuntimeDirectory;
use super::{Record, Records, json};

#[derive(Debug, Deserialize)]
struct RuncState {
    init_process_pid: Option<u32>,
    init_process_start: Option<u64>,
    created: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct CrunStatus {
    pid: Option<u32>,
    process_start_time: Option<u64>,
    created: Option<String>,
}

/// Reads the containers in a state directory.
pub(super) fn read(ctx: &Context<'_>, place: &RuntimeDirectory, records: &mut Records) {
    let entries = match ctx.host.read_dir(&place.path) {
        Ok(entries) => entries,
        Err(error) if error.kind == crate::host::HostErrorKind::NotFound => return,
        Err(error) => return records.gap(error),
    };
    for entry in entries.iter().filter(|entry| entry.kind == FileKind::Directory) {
        let id = entry.name.to_string_lossy();
        let directory = format!("{}/{id}", place.path);
        let state = runc(ctx, &directory).transpose().or_else(|| crun(ctx, &directory).transpose());
        let record = match state {
            Some(Ok(record)) => record,
            Some(Err(unknown)) => Record::unreadable(unknown),
            // No container's: runc keeps other directories there, too.
            None => continue,
        };
        // Who keeps the container is whoever started the runtime, and known from there if from anywhere.
        let runtime = place.runtime.or(record.runtime);
        records.add(
            &id,
            Record { runtime, namespace: place.namespace.clone(), directory: Some(directory), ..record },
        );
    }
}

fn runc(ctx: &Context<'_>, directory: &str) -> Result<Option<Record>, crate::fact::Unknown> {
    let state = json::read::<RuncState>(ctx, &format!("{directory}/state.json"))?;
    Ok(state.map(|state| Record {
        runtime: Some(Runtime::Runc),
        pid: state.init_process_pid.filter(|pid| *pid > 0),
        pid_start: state.init_process_start,
        created_at: state.created.as_deref().and_then(json::time),
        ..Record::default()
    }))
}

fn crun(ctx: &Context<'_>, directory: &str) -> Result<Option<Record>, crate::fact::Unknown> {
    let status = json::read::<CrunStatus>(ctx, &format!("{directory}/status"))?;
    Ok(status.map(|status| Record {
        runtime: Some(Runtime::Crun),
        pid: status.pid.filter(|pid| *pid > 0),
        pid_start: status.process_start_time,
        created_at: status.created.as_deref().and_then(json::time),
        ..Record::default()
    }))
}

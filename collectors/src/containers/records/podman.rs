//! The containers of podman, from its own [database](crate::libpod): what its list in the storage does not tell.

use crate::context::Context;
use crate::fact::Unknown;
use crate::libpod::{self, Container, Libpod};

use super::super::container::{Kind, Runtime, State};
use super::record::PodRecord;
use super::{Record, Records, json};

/// Reads the containers that podman has in the storage at `root`.
///
/// # Errors
///
/// If the database cannot be read: then nobody can say what the storage's list leaves out.
pub(super) fn read(ctx: &Context<'_>, root: &str, records: &mut Records) -> Result<(), Unknown> {
    let Some(known) = libpod::read(ctx, root, &|| ctx.is_short_of_time())? else { return Ok(()) };
    for (id, container) in &known.containers {
        records.add(id, record(container, &known));
    }
    Ok(())
}

fn record(Container { config, state }: &Container, known: &Libpod) -> Record {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let has_ended = self::state(state.status) == Some(State::Stopped);
    Record {
        runtime: Some(Runtime::Podman),
        name: text(&config.name),
        kind: Some(if config.is_infra { Kind::Sandbox } else { Kind::Container }),
        image: text(&config.image),
        pod: PodRecord {
            name: known.pods.get(&config.pod).cloned(),
            namespace: None,
            uid: text(&config.pod),
        },
        state: self::state(state.status),
        pid: Some(state.pid).filter(|pid| *pid > 0),
        created_at: json::time(&config.created),
        started_at: json::time(&state.started_time),
        finished_at: json::time(&state.finished_time),
        exit_code: has_ended.then_some(state.exit_code),
        oom_killed: Some(state.oom_killed),
        restarts: Some(state.restart_count),
        log_path: text(&config.log_path),
        ..Record::default()
    }
}

/// The state of a number of `ContainerStatus` (`libpod/define/containerstate.go` of github.com/containers/podman).
fn state(status: u8) -> Option<State> {
    Some(match status {
        // Configured, and with its file system and its runtime's state made.
        1 | 2 => State::Created,
        // Running, and told to stop.
        3 | 8 => State::Running,
        4 | 6 => State::Stopped,
        5 => State::Paused,
        7 => State::Removing,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::libpod::{Config, State as LastState};

    #[test]
    fn a_container_of_a_pod_that_has_ended_is_told_whole() {
        let known = Libpod { pods: [("p1".to_owned(), "shop".to_owned())].into(), ..Libpod::default() };
        let container = Container {
            config: Config { name: "web".to_owned(), pod: "p1".to_owned(), ..Config::default() },
            state: LastState {
                status: 6,
                exit_code: 137,
                oom_killed: true,
                finished_time: "2026-11-28T12:36:05.02Z".to_owned(),
                started_time: "0001-01-01T00:00:00Z".to_owned(),
                ..LastState::default()
            },
        };
        let record = record(&container, &known);
        assert_eq!((record.name.as_deref(), record.kind), (Some("web"), Some(Kind::Container)));
        assert_eq!((record.pod.name.as_deref(), record.pod.uid.as_deref()), (Some("shop"), Some("p1")));
        assert_eq!(
            (record.state, record.exit_code, record.oom_killed),
            (Some(State::Stopped), Some(137), Some(true))
        );
        assert_eq!((record.finished_at.as_deref(), record.started_at), (Some("2026-11-28T12:36:05Z"), None));
        assert_eq!((record.image, record.log_path), (None, None));
    }

    #[test]
    fn one_that_runs_has_no_exit_code() {
        let state = LastState { status: 3, pid: 7, ..LastState::default() };
        let record = record(
            &Container { config: Config { is_infra: true, ..Config::default() }, state },
            &Libpod::default(),
        );
        assert_eq!((record.state, record.exit_code, record.pid), (Some(State::Running), None, Some(7)));
        assert_eq!((record.kind, record.pod.is_empty()), (Some(Kind::Sandbox), true));
    }
}

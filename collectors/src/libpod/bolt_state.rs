//! `libpod/bolt_state.db`: the bucket `ctr` has a bucket for each container with its configuration and state, the bucket
//! `allPods` the name of each pod.

use std::collections::BTreeMap;

use plimsoll_engine::snapshot::GapReason;

use super::{Container, Libpod, parsed};
use crate::bolt::{self, BoltError, Entry};
use crate::fact::Unknown;
use crate::host::Host;

/// A container's documents.
struct Documents {
    id: String,
    config: Vec<u8>,
    state: Vec<u8>,
}

pub(super) fn read(host: &Host, path: &str, is_over: &dyn Fn() -> bool) -> Result<Libpod, Unknown> {
    let file = host.open_file(path)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let read = bolt::read(&file, &is_over, |root| {
        let (mut containers, mut pods) = (Vec::new(), BTreeMap::new());
        if let Some(bucket) = root.bucket("ctr")? {
            bucket.for_each_bucket(|id, container| {
                let document = |name| container.value(name).map(Option::unwrap_or_default);
                let (config, state) = (document("config")?, document("state")?);
                containers.push(Documents { id: text(id), config, state });
                Ok(())
            })?;
        }
        if let Some(bucket) = root.bucket("allPods")? {
            bucket.for_each(&mut |id, entry| {
                if let Entry::Value(name) = entry {
                    pods.insert(text(id), text(name));
                }
                Ok(())
            })?;
        }
        Ok((containers, pods))
    });
    let (containers, pods) = read.map_err(|error| match error {
        BoltError::File(error) => error.into(),
        error if error.is_damage() => Unknown::malformed(path, error.to_string()),
        error => Unknown::new(GapReason::Timeout, path, error.to_string()),
    })?;
    let container = |of: Documents| {
        let config = parsed(path, "the configuration of a container", &of.config)?;
        let state = match of.state.as_slice() {
            [] => Default::default(),
            state => parsed(path, "the state of a container", state)?,
        };
        Ok((of.id, Container { config, state }))
    };
    Ok(Libpod { containers: containers.into_iter().map(container).collect::<Result<_, Unknown>>()?, pods })
}

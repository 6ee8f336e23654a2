//! What is looked at: this node, another root, or a saved snapshot.

use std::sync::Arc;

use jiff::Timestamp;
use plimsoll_collectors::host::Host;
use plimsoll_collectors::{Options, registry, scan, target};
use plimsoll_engine::demand::Demand;
use plimsoll_engine::snapshot::Snapshot;

use crate::cli::{CollectionArgs, TargetArgs};
use crate::failure::Failure;
use crate::files;

impl TargetArgs {
    /// The facts that `demand` wants, taken now or read from the snapshot.
    pub(crate) fn snapshot(&self, demand: Demand) -> Result<Snapshot, Failure> {
        let Some(file) = &self.snapshot else { return self.take(demand) };
        let mut snapshot = Snapshot::load(&files::read(file)?)
            .map_err(|error| Failure::input(format!("{}: {error}", file.display())))?;
        snapshot.mark_not_collected(&demand, &registry::catalogue().keyed_paths());
        Ok(snapshot)
    }

    fn take(&self, demand: Demand) -> Result<Snapshot, Failure> {
        let host = self.host()?;
        let target = target::of(&host, self.root.as_deref());
        let taken_at = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        Ok(scan::snapshot(&Arc::new(host), &Arc::new(demand), &self.collection.options(), target, taken_at))
    }

    fn host(&self) -> Result<Host, Failure> {
        let opened = match &self.root {
            Some(directory) => Host::at(directory),
            None => Host::live(),
        };
        let host = opened.map_err(|error| Failure::input(format!("the root cannot be opened: {error}")))?;
        match plimsoll_collectors::os::container(&host) {
            Some(kind) if !self.this_container => Err(Failure::input_with_help(
                format!("plimsoll runs in a container ({kind}): it would grade the container and not the node"),
                "mount the node's root file system into the container and pass it with --root, \
                 for example --root /host; or say --this-container",
            )),
            _ => Ok(host),
        }
    }
}

impl CollectionArgs {
    fn options(&self) -> Options {
        Options { timeout: self.timeout, sockets: !self.no_sockets }
    }
}

//! How CRI-O ended the last time: the files that it leaves when it ends in good order.

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Fact, Sourced};
use crate::host::Host;

/// The traces of CRI-O's last end.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Shutdown {
    /// The file that CRI-O writes once everything is on disk, and takes away when it starts.
    ///
    /// Source: the option `clean_shutdown_file`
    pub file: Sourced<String>,
    /// Whether it is there.
    ///
    /// Source: the file
    pub clean: Fact<bool>,
    /// Whether CRI-O has ever run with the option.
    ///
    /// Source: the file with `.supported` behind its name
    pub supported: Fact<bool>,
    /// Whether CRI-O ended without having written everything: it does not run and left no file. The next start
    /// throws the storage away, or looks it through.
    ///
    /// Source: both files, /proc
    pub unclean: Fact<bool>,
}

impl Shutdown {
    /// Looks for the traces; a CRI-O that is `running` has taken the file away.
    pub(super) fn read(host: &Host, file: Sourced<String>, running: &Fact<bool>) -> Self {
        let exists = |path: &str| Fact::from(host.exists(path));
        let clean = exists(&file.value);
        let supported = exists(&format!("{}.supported", file.value));
        // Off line nothing runs.
        let running = if host.is_running() { running.clone() } else { Fact::Known(false) };
        let unclean = running.and_then(|running| {
            let unsafe_end = |clean: bool| supported.as_ref().map(|supported| *supported && !clean);
            if running { Fact::Known(false) } else { clean.clone().and_then(unsafe_end) }
        });
        Self { file, clean, supported, unclean }
    }
}

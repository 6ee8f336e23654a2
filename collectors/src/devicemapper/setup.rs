//! docker-storage-setup, which made pools and volume groups for docker on Red Hat's distributions.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::exec_start::file_variables;
use crate::fact::{Fact, Sourced};
use crate::host::Host;

const FILE: &str = "/etc/sysconfig/docker-storage-setup";

/// What docker-storage-setup is told.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StorageSetup {
    /// The driver that it sets docker up for: `devicemapper` or `overlay2`.
    ///
    /// Source: /etc/sysconfig/docker-storage-setup, `STORAGE_DRIVER`
    pub driver: Fact<Sourced<String>>,
    /// The disks that it takes.
    ///
    /// Source: /etc/sysconfig/docker-storage-setup, `DEVS`
    pub devices: Fact<Sourced<String>>,
    /// The volume group that it makes or takes.
    ///
    /// Source: /etc/sysconfig/docker-storage-setup, `VG`
    pub volume_group: Fact<Sourced<String>>,
    /// How much of the group the pool gets, such as `40%FREE`.
    ///
    /// Source: /etc/sysconfig/docker-storage-setup, `DATA_SIZE`
    pub data_size: Fact<Sourced<String>>,
    /// Whether LVM is to make the pool larger when it fills up: `yes` or `no`.
    ///
    /// Source: /etc/sysconfig/docker-storage-setup, `AUTO_EXTEND_POOL`
    pub auto_extend: Fact<Sourced<String>>,
}

/// Reads it; absent if no file says anything.
pub(super) fn read(host: &Host) -> Fact<StorageSetup> {
    Fact::from(host.read_text(FILE)).and_then(|text| {
        let mut variables: BTreeMap<String, Sourced<String>> = file_variables(FILE, &text).collect();
        if variables.is_empty() {
            return Fact::Absent;
        }
        let mut take = |name: &str| variables.remove(name).filter(|value| !value.value.is_empty()).into();
        Fact::Known(StorageSetup {
            driver: take("STORAGE_DRIVER"),
            devices: take("DEVS"),
            volume_group: take("VG"),
            data_size: take("DATA_SIZE"),
            auto_extend: take("AUTO_EXTEND_POOL"),
        })
    })
}

//! docker's pools.

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Fact, Unknown};
use crate::host::{FileKind, Host};

/// What docker's driver devicemapper keeps in a data root.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Pool {
    /// Its directory.
    pub directory: String,
    /// Whether the pool is two sparse files behind loop devices, and no block device.
    ///
    /// Source: the file `devicemapper/data` in it
    pub loop_files: Fact<bool>,
    /// The file that holds the layers; absent if a block device does.
    ///
    /// Source: the file `devicemapper/data` in it
    pub data: Fact<PoolFile>,
    /// The file that holds the pool's own records; absent if a block device does.
    ///
    /// Source: the file `devicemapper/metadata` in it
    pub metadata: Fact<PoolFile>,
    /// How much of the pool is in use at most: of one in files the space that these take. Of one on a block device
    /// only `dmsetup status` tells.
    ///
    /// Unit: percent
    /// Source: the inode of the file `devicemapper/data` in it
    pub data_used_percent: Fact<u64>,
}

/// A sparse file of a pool.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PoolFile {
    /// Its path.
    pub file: String,
    /// How large the pool may grow in it.
    ///
    /// Unit: bytes
    /// Source: the file's inode
    pub size_bytes: u64,
    /// How much of that it takes on the disk, which is as much as is in use or more.
    ///
    /// Unit: bytes
    /// Source: the file's inode
    pub allocated_bytes: u64,
}

/// The pools below the data roots `roots`.
pub(super) fn read(host: &Host, roots: &[String]) -> Fact<Vec<Pool>> {
    let mut pools = Vec::new();
    for root in roots {
        let directory = format!("{root}/devicemapper");
        match host.exists(&directory) {
            Ok(true) => pools.push(Pool::read(host, directory)),
            Ok(false) => {}
            Err(error) => return Fact::Gap(error.into()),
        }
    }
    Fact::Known(pools)
}

impl Pool {
    fn read(host: &Host, directory: String) -> Self {
        let file = |name: &str| PoolFile::read(host, format!("{directory}/devicemapper/{name}"));
        let data = file("data");
        let used = data.as_ref().map(PoolFile::percent);
        Self {
            loop_files: data.as_ref().map(|_| true).or_absent(false),
            data_used_percent: match used {
                Fact::Absent => {
                    let detail = "how full a thin pool on a block device is, only `dmsetup status` tells";
                    Fact::Gap(Unknown::new(GapReason::Unsupported, &directory, detail))
                }
                used => used,
            },
            metadata: file("metadata"),
            data,
            directory,
        }
    }
}

impl PoolFile {
    fn percent(&self) -> u64 {
        let percent = u128::from(self.allocated_bytes) * 100 / u128::from(self.size_bytes.max(1));
        u64::try_from(percent).unwrap_or(u64::MAX)
    }

    fn read(host: &Host, file: String) -> Fact<Self> {
        Fact::from(host.metadata(&file)).and_then(|inode| match inode.kind {
            FileKind::Regular => {
                Fact::Known(Self { file, size_bytes: inode.size, allocated_bytes: inode.allocated })
            }
            _ => Fact::Absent,
        })
    }
}

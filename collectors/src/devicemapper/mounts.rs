//! Which container of docker's a layer is the writable one of: docker gives the mount of a container an id of its own.

use std::collections::HashMap;

use crate::fact::Unknown;
use crate::host::{Host, HostErrorKind};
use crate::listing;

/// The longest that an id is.
const LONGEST: usize = 64;

/// The containers by the ids of their mounts, from `image/devicemapper/layerdb/mounts/*/mount-id` below `roots`.
///
/// # Errors
///
/// If a directory is there and cannot be listed, or a record cannot be read.
pub(super) fn read(host: &Host, roots: &[String]) -> Result<HashMap<String, String>, Unknown> {
    let mut mounts = HashMap::new();
    for root in roots {
        let directory = format!("{root}/image/devicemapper/layerdb/mounts");
        for container in listing::names(host, &directory)? {
            match host.read_text(format!("{directory}/{container}/mount-id")) {
                Ok(mount) if mount.trim().len() <= LONGEST => {
                    mounts.insert(mount.trim().to_owned(), container);
                }
                Ok(_) => {}
                // Being made or removed.
                Err(error) if error.kind == HostErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(mounts)
}

//! Why a layer could not be looked at.

use super::tar_split::Malformed;
use crate::fact::Unknown;
use crate::host::HostError;

/// What ended the look at a layer.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::storage) enum Fault {
    /// It is not known: the time was over, or something may not be read.
    Unknown(Unknown),
    /// The description of its archive is broken, which is a fault of the store.
    Broken(Malformed),
}

impl From<Unknown> for Fault {
    fn from(unknown: Unknown) -> Self {
        Self::Unknown(unknown)
    }
}

impl From<HostError> for Fault {
    fn from(error: HostError) -> Self {
        Self::Unknown(error.into())
    }
}

impl From<Malformed> for Fault {
    fn from(malformed: Malformed) -> Self {
        Self::Broken(malformed)
    }
}

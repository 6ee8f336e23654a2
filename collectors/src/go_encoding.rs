//! Numbers and times as Go writes them, in containerd's databases and in messages of protocol buffers.

/// How many seconds lie between the years 1 and 1970, the beginnings of Go's time and of Unix's.
pub(crate) const YEAR_1_TO_1970: i64 = 62_135_596_800;

/// The number that `bytes` are, as Go's `binary.PutUvarint` writes it.
pub(crate) fn unsigned(bytes: &[u8]) -> Option<u64> {
    split_unsigned(bytes).map(|(number, _)| number)
}

/// The number that `bytes` begin with, as Go's `binary.PutUvarint` writes it, and what follows it.
pub(crate) fn split_unsigned(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0_u64;
    for (index, byte) in bytes.iter().enumerate() {
        let bits = u64::from(byte & 0x7f);
        let shift = u32::try_from(index).ok()?.checked_mul(7)?;
        if shift > 63 || (shift == 63 && bits > 1) {
            return None;
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Some((number, bytes.get(index + 1..)?));
        }
    }
    None
}

/// The number that `bytes` are, as Go's `binary.PutVarint` writes it.
pub(crate) fn signed(bytes: &[u8]) -> Option<i64> {
    let number = unsigned(bytes)?;
    Some((number >> 1).cast_signed() ^ -((number & 1).cast_signed()))
}

/// The seconds since 1970 that `bytes` are, as Go's `time.Time.MarshalBinary` writes a time.
pub(crate) fn seconds(bytes: &[u8]) -> Option<i64> {
    let (version, rest) = bytes.split_first()?;
    let seconds = rest.first_chunk().map(|seconds| i64::from_be_bytes(*seconds))?;
    matches!(*version, 1 | 2).then(|| seconds.checked_sub(YEAR_1_TO_1970))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_that_go_writes() {
        for (bytes, number) in [
            (&[0][..], Some(0)),
            (&[0xac, 0x02], Some(300)),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], Some(u64::MAX)),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02], None),
            (&[0x80; 12], None),
            (&[0x80], None),
            (&[], None),
        ] {
            assert_eq!(unsigned(bytes), number, "{bytes:?}");
        }
        assert_eq!(signed(&[0xd8, 0x04]), Some(300));
        assert_eq!(signed(&[3]), Some(-2));
        assert_eq!(signed(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]), Some(i64::MIN));
    }

    #[test]
    fn times_count_from_the_year_1() {
        let time = [1, 0, 0, 0, 14, 0xde, 0x3d, 0x60, 0x80, 0, 0, 0, 0, 0xff, 0xff];
        assert_eq!(seconds(&time), Some(0xe_de3d_6080 - YEAR_1_TO_1970));
        assert_eq!(seconds(&[1, 0x80, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(seconds(&[3, 0, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(seconds(&[]), None);
    }
}

//! Any bytes as the description of a layer's archive: read to its end or refused, never a panic. What does
//! not begin as gzip does is packed first, so that the lines are reached, too.
#![no_main]

use std::io::Read;

use flate2::Compression;
use flate2::bufread::GzEncoder;
use libfuzzer_sys::fuzz_target;
use plimsoll_collectors::storage::layer::tar_split::Pieces;

fuzz_target!(|input: &[u8]| {
    if input.starts_with(&[0x1f, 0x8b]) {
        read(input);
    } else {
        read(GzEncoder::new(input, Compression::fast()));
    }
});

fn read(gzip: impl Read) {
    let mut pieces = Pieces::new(gzip);
    while let Ok(Some(_)) = pieces.next() {}
}

//! A layer: its files, the archive that they came in, and what docker keeps of that.

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crc::{CRC_64_GO_ISO, Crc, Table};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use sha2::{Digest, Sha256};

static CRC: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_GO_ISO);

/// How many files a directory has.
const FILES_IN_DIRECTORY: usize = 40;

/// What is unit of an archive, in bytes.
const BLOCK: usize = 512;

/// What was made.
pub(super) struct Layer {
    /// The digest of the archive, without `sha256:`.
    pub(super) diff_id: String,
    /// How large the files are together, in bytes.
    pub(super) size: usize,
}

/// Makes the layer `number` of `files` files in `directory`, and the description of its archive at
/// `tar_split`.
pub(super) fn make(
    number: usize,
    files: usize,
    holes: bool,
    directory: &Path,
    tar_split: &Path,
) -> Result<Layer, Box<dyn Error>> {
    let mut archive = Archive::new(tar_split)?;
    let mut size = 0;
    for file in 0..files {
        let parent = format!("usr{}", file / FILES_IN_DIRECTORY);
        if file % FILES_IN_DIRECTORY == 0 {
            fs::create_dir_all(directory.join(&parent))?;
            archive.header(&format!("{parent}/"), 0, b'5');
        }
        let name = format!("{parent}/file{file}");
        let contents = contents(number, file, holes);
        match holes {
            true => File::create(directory.join(&name))?.set_len(contents.len() as u64)?,
            false => fs::write(directory.join(&name), &contents)?,
        }
        archive.file(&name, &contents)?;
        size += contents.len();
    }
    Ok(Layer { diff_id: archive.end()?, size })
}

/// Half of the files are shorter than 1 KiB, and one of a hundred has 64 KiB.
fn contents(layer: usize, file: usize, holes: bool) -> Vec<u8> {
    let seed = layer.wrapping_mul(0x9e37_79b9).wrapping_add(file).wrapping_mul(0x85eb_ca6b) >> 7;
    let length = match file % 100 {
        0 => 64 << 10,
        1..50 => 1 + seed % 1024,
        _ => 1 + seed % 4096,
    };
    if holes {
        return vec![0; length];
    }
    let byte = |at: usize| (seed.wrapping_add(at.wrapping_mul(at)) >> 3) as u8;
    (0..length).map(byte).collect()
}

/// An archive that nobody keeps: its digest, and its description.
struct Archive {
    sha256: Sha256,
    description: GzEncoder<BufWriter<File>>,
    /// What is of the archive itself since the last file.
    raw: Vec<u8>,
    position: u64,
}

impl Archive {
    fn new(description: &Path) -> Result<Self, Box<dyn Error>> {
        let file = BufWriter::new(File::create(description)?);
        let description = GzEncoder::new(file, Compression::fast());
        Ok(Self { sha256: Sha256::new(), description, raw: Vec::new(), position: 0 })
    }

    /// Appends a header (POSIX ustar).
    fn header(&mut self, name: &str, size: usize, kind: u8) {
        let mut header = [0; BLOCK];
        let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
        put(0, name);
        put(100, if kind == b'5' { "0000755\0" } else { "0000644\0" });
        put(108, "0000000\0");
        put(116, "0000000\0");
        put(124, &format!("{size:011o}\0"));
        put(136, "14000000000\0");
        put(148, "        ");
        put(257, "ustar\x0000");
        header[156] = kind;
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.raw.extend(header);
    }

    fn file(&mut self, name: &str, contents: &[u8]) -> Result<(), Box<dyn Error>> {
        self.header(name, contents.len(), b'0');
        self.segment()?;
        self.sha256.update(contents);
        let checksum = BASE64.encode(CRC.checksum(contents).to_be_bytes());
        self.describe(&json!({ "type": 1, "name": name, "size": contents.len(), "payload": checksum }))?;
        self.raw.resize(contents.len().next_multiple_of(BLOCK) - contents.len(), 0);
        Ok(())
    }

    fn segment(&mut self) -> Result<(), Box<dyn Error>> {
        let raw = std::mem::take(&mut self.raw);
        self.sha256.update(&raw);
        self.describe(&json!({ "type": 2, "payload": BASE64.encode(&raw) }))
    }

    fn describe(&mut self, entry: &serde_json::Value) -> Result<(), Box<dyn Error>> {
        let mut entry = entry.clone();
        entry["position"] = self.position.into();
        self.position += 1;
        writeln!(self.description, "{entry}")?;
        Ok(())
    }

    /// The archive's digest, without `sha256:`.
    fn end(mut self) -> Result<String, Box<dyn Error>> {
        self.raw.extend([0; 2 * BLOCK]);
        self.segment()?;
        self.description.finish()?.flush()?;
        Ok(super::docker::hex(&self.sha256.finalize()))
    }
}

//! `plimsoll rules schema`: the JSON Schema of rule files, for editors.

use plimsoll_engine::load;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;

pub(super) fn run() -> Result<Exit, Failure> {
    let mut json = serde_json::to_vec_pretty(&load::rule_schema()).map_err(std::io::Error::other)?;
    json.push(b'\n');
    files::write(None, &json)?;
    Ok(Exit::Success)
}

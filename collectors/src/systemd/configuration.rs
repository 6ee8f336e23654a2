//! Configuration files of systemd and its companions with their drop-ins: systemd-system.conf(5).

use plimsoll_engine::snapshot::Layer;

use crate::drop_in;
use crate::fact::{Sourced, Unknown};
use crate::host::{Host, HostErrorKind};
use crate::origin;

use super::unit::Settings;

/// Where the file itself may be, the strongest place first: only the first one found is read.
const DIRECTORIES: [&str; 5] =
    ["/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd", "/lib/systemd"];

/// A configuration file with its drop-ins, merged.
#[derive(Debug, Clone, Default)]
pub(crate) struct Configuration {
    settings: Settings,
    sections: Vec<Sourced<String>>,
}

impl Configuration {
    /// The configuration `name` (`system.conf`) of `host`; empty if there is no such file.
    ///
    /// # Errors
    ///
    /// If a file or directory that belongs to it cannot be read.
    pub(crate) fn read(host: &Host, name: &str) -> Result<Self, Unknown> {
        let mut configuration = Self::default();
        if let Some((file, text)) = main_file(host, name)? {
            configuration.add(Layer::File, &file, &text);
        }
        for drop_in in drop_in::read(host, &format!("systemd/{name}.d"))? {
            configuration.add(Layer::DropIn, &drop_in.path, &drop_in.text?);
        }
        Ok(configuration)
    }

    /// The value of a setting that counts.
    pub(crate) fn last(&self, section: &str, key: &str) -> Option<&Sourced<String>> {
        self.settings.all(section, key).next_back()
    }

    /// The names of the sections, each where it is first opened, in that order.
    pub(crate) fn sections(&self) -> &[Sourced<String>] {
        &self.sections
    }

    fn add(&mut self, layer: Layer, file: &str, text: &str) {
        // As of a unit's drop-in, what a broken file says up to the error counts.
        let _error = self.settings.merge_text(layer, file, text);
        for (index, line) in text.lines().enumerate() {
            let header = line.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            if let Some(name) =
                header.filter(|name| self.sections.iter().all(|section| section.value != *name))
            {
                let origin = origin::in_line(layer, file, index + 1, line, 0..line.trim_end().len());
                self.sections.push(Sourced { value: name.to_owned(), origin });
            }
        }
    }
}

/// The first file there is, and its text; a link to `/dev/null` says that there shall be none.
fn main_file(host: &Host, name: &str) -> Result<Option<(String, String)>, Unknown> {
    for directory in DIRECTORIES {
        let file = format!("{directory}/{name}");
        if host.read_link(&file).is_ok_and(|target| target == "/dev/null") {
            return Ok(None);
        }
        match host.read_text(&file) {
            Ok(text) => return Ok(Some((file, text))),
            Err(error) if error.kind == HostErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn drop_ins_of_all_places_win_over_the_strongest_file() {
        let tree = Tree::new()
            .file(
                "etc/systemd/system.conf",
                "[Manager]\n#DefaultTasksMax=15%\nDefaultLimitNOFILE=1024:524288\n",
            )
            .file("usr/lib/systemd/system.conf", "[Manager]\nDefaultTasksMax=10\n")
            .file("usr/lib/systemd/system.conf.d/90-vendor.conf", "[Manager]\nDefaultLimitNOFILE=65536\n")
            .file("etc/systemd/system.conf.d/50-local.conf", "[Manager]\nDefaultLimitNOFILE=1048576\n");
        let configuration = Configuration::read(&tree.host(), "system.conf").unwrap();
        let limit = configuration.last("Manager", "DefaultLimitNOFILE").unwrap();
        assert_eq!(limit.value, "65536");
        assert_eq!(limit.origin.file.as_deref(), Some("/usr/lib/systemd/system.conf.d/90-vendor.conf"));
        assert_eq!(limit.origin.overrides.len(), 2);
        assert!(configuration.last("Manager", "DefaultTasksMax").is_none());
    }

    #[test]
    fn sections_are_told_without_settings_too() {
        let tree = Tree::new()
            .file("usr/lib/systemd/zram-generator.conf", "# no size\n[zram0]\n\n [zram1] \n[zram0]\n");
        let configuration = Configuration::read(&tree.host(), "zram-generator.conf").unwrap();
        let names: Vec<_> = configuration.sections().iter().map(|section| section.value.as_str()).collect();
        assert_eq!(names, ["zram0", "zram1"]);
        assert_eq!(configuration.sections()[0].origin.line, Some(2));
    }

    #[test]
    fn a_link_to_null_masks_the_file_and_what_cannot_be_read_is_an_error() {
        let tree = Tree::new()
            .link("etc/systemd/zram-generator.conf", "/dev/null")
            .file("usr/lib/systemd/zram-generator.conf", "[zram0]\n")
            .fifo("etc/systemd/system.conf");
        let host = tree.host();
        assert!(Configuration::read(&host, "zram-generator.conf").unwrap().sections().is_empty());
        assert!(Configuration::read(&host, "system.conf").is_err());
        assert!(Configuration::read(&host, "journald.conf").unwrap().last("Journal", "Storage").is_none());
    }
}

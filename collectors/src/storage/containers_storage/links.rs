//! The short names of layers in the driver's directory, against the records of layers.

use std::collections::HashMap;

use super::checks::{LINK_INVALID, LINK_LOST, LOWER_INVALID};
use super::look::Look;
use super::records::LayerRecord;
use crate::fact::Unknown;
use crate::storage::overlay_links::{Links, Names, Text, is_lower, is_name, target};

/// What is in the directory `l`, if that can be told.
type Known = Result<Names, Unknown>;

impl Look<'_> {
    /// Checks the short names of the layers whose directories are there.
    pub(super) fn check_links(&mut self, names: &Known, links: &HashMap<&str, Links>) {
        let tables = self.tables;
        for layer in tables.layers.distinct() {
            if let Some(own) = links.get(layer.id.as_str()) {
                self.check_link(layer, own, names);
                self.check_lower(layer, own, links);
            }
        }
    }

    fn check_link(&mut self, layer: &LayerRecord, links: &Links, names: &Known) {
        if let Text::Unknown(unknown) = &links.link {
            return self.all_missed(&[LINK_INVALID, LINK_LOST], unknown);
        }
        let Some(name) = links.name() else {
            let what = match &links.link {
                Text::Absent => "is not there",
                Text::Is(text) if text.is_empty() => "is empty",
                Text::Wrong(why) => why.as_str(),
                _ => "holds no short name",
            };
            let mut problem = self.layer_problem(layer, format!("its file link {what}"));
            problem.path.push_str("/link");
            let known = names.as_ref().map_or(&[][..], |names| names.of(&layer.id));
            problem.expected = known.iter().find(|name| is_name(name)).cloned();
            problem.actual = links.link.known().map(str::to_owned);
            return self.record.found(&LINK_INVALID, problem);
        };
        match names {
            Ok(names) if names.target(name) == Some(target(&layer.id).as_str()) => {}
            Ok(names) => {
                let actual = names.target(name);
                let what = actual.map_or("is not there", |_| "leads elsewhere");
                let path = format!("{}/l/{name}", self.area.driver_dir());
                let mut problem =
                    self.catalog.of_layer(&layer.id, path, format!("its short name {name} {what}"));
                problem.expected = Some(target(&layer.id));
                problem.actual = actual.map(str::to_owned);
                self.record.found(&LINK_LOST, problem);
            }
            Err(unknown) => self.record.missed(&LINK_LOST, unknown.clone()),
        }
    }

    fn check_lower(&mut self, layer: &LayerRecord, own: &Links, links: &HashMap<&str, Links>) {
        if let Text::Unknown(unknown) = &own.lower {
            return self.record.missed(&LOWER_INVALID, unknown.clone());
        }
        // A parent in another store has its names there.
        let parent = layer.parent().and_then(|parent| links.get(parent));
        let expected = parent.and_then(Links::lower_of_child);
        let flaw = match (&own.lower, layer.parent()) {
            (Text::Absent, None) => return,
            (Text::Absent, Some(_)) => "its file lower is not there".to_owned(),
            (Text::Wrong(why), _) => format!("its file lower {why}"),
            (Text::Is(lower), _) if lower.is_empty() => "its file lower is empty".to_owned(),
            (_, None) => "it has a file lower and no parent".to_owned(),
            (Text::Is(lower), _) if !is_lower(lower) => {
                "its file lower holds what is no short name".to_owned()
            }
            (Text::Is(lower), _) if expected.as_deref().is_some_and(|expected| expected != lower) => {
                "its file lower does not name its parent and the layers below that".to_owned()
            }
            _ => return,
        };
        let mut problem = self.layer_problem(layer, flaw);
        problem.path.push_str("/lower");
        (problem.expected, problem.actual) = (expected, own.lower.known().map(str::to_owned));
        self.record.found(&LOWER_INVALID, problem);
    }
}

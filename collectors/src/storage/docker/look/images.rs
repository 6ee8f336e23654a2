//! Images and their names.

use super::super::checks::*;
use super::super::read::{Read, digest};
use super::Look;
use crate::storage::problem::Problem;

impl Look<'_> {
    pub(super) fn look_at_images(&mut self) {
        let records = self.records;
        for (id, image) in records.images() {
            self.look_at_configuration(id, &image.digest, &image.chains, image.age);
            let Some(chains) =
                image.chains.known().filter(|_| image.digest.known().is_some_and(|is| is == id))
            else {
                continue;
            };
            let is_missing =
                |chain: &&String| records.layers.as_ref().is_ok_and(|layers| !layers.contains_key(*chain));
            if let Some(chain) = chains.iter().find(is_missing)
                && !self.is_moving(image.age)
            {
                let mut problem = self.image_problem(id, format!("its layer sha256:{chain} is not there"));
                problem.expected = Some(format!("sha256:{chain}"));
                self.found(&IMAGE_LAYER_MISSING, problem);
            }
        }
        self.look_at_repositories();
    }

    fn image_problem(&self, id: &str, detail: impl Into<String>) -> Problem {
        let path = format!("{}/image/overlay2/imagedb/content/sha256/{id}", self.store);
        let mut problem = self.problem(format!("sha256:{id}"), path, detail);
        self.owners.name_those_of_image(id, &mut problem);
        problem
    }

    fn look_at_configuration(
        &mut self,
        id: &str,
        actual: &Read<String>,
        chains: &Read<Vec<String>>,
        age: u64,
    ) {
        if let Some(unknown) = actual.unknown() {
            return self.missed(&IMAGE_DIGEST_MISMATCH, unknown);
        }
        let detail = match (actual.flaw(), actual.known()) {
            (Some(flaw), _) => format!("its configuration {flaw}"),
            (None, Some(actual)) if actual != id => {
                "its configuration has another digest than its name".to_owned()
            }
            _ => match chains.flaw() {
                Some(flaw) => format!("its configuration {flaw}"),
                None => return,
            },
        };
        if !self.is_moving(age) {
            let mut problem = self.image_problem(id, detail);
            problem.actual = actual.known().map(|actual| format!("sha256:{actual}"));
            self.found(&IMAGE_DIGEST_MISMATCH, problem);
        }
    }

    fn look_at_repositories(&mut self) {
        let records = self.records;
        let path = format!("{}/image/overlay2/repositories.json", self.store);
        let repositories = match &records.repositories {
            Read::Absent => return,
            Read::Is(repositories) => repositories,
            Read::Wrong(why) => {
                let problem = self.problem("repositories.json", path, format!("it {why}"));
                return self.found(&REPOSITORIES_UNREADABLE, problem);
            }
            Read::Unknown(unknown) => {
                self.missed(&REPOSITORIES_UNREADABLE, unknown);
                return self.missed(&REPOSITORY_IMAGE_MISSING, unknown);
            }
        };
        let Ok(images) = &records.images else { return };
        for (name, image) in &repositories.references {
            if digest(image).is_none_or(|id| !images.contains_key(&id)) {
                let mut problem = self.problem(
                    name.clone(),
                    path.clone(),
                    format!("it stands for {image}, which is not there"),
                );
                problem.images = vec![name.clone()];
                problem.expected = Some(image.clone());
                self.found(&REPOSITORY_IMAGE_MISSING, problem);
            }
        }
    }
}

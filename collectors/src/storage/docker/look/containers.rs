//! Containers and their writable layers.

use super::super::checks::*;
use super::super::containers::Container;
use super::super::layers::Mount;
use super::Look;
use crate::fact::Fact;
use crate::storage::problem::Problem;

impl Look<'_> {
    pub(super) fn look_at_containers(&mut self) {
        let records = self.records;
        for (id, container) in records.containers() {
            if container.is_going() {
                self.look_at_removal(id, container);
                continue;
            }
            if self.look_at_config(id, container) {
                self.look_at_state(id, container);
                if container.is_of_overlay2() {
                    self.look_at_image(id, container);
                }
            }
            if let Ok(mounts) = &records.mounts
                && container.is_of_overlay2()
                && (container.config.known().is_some() || records.has_driver())
            {
                self.look_at_mount(id, container, mounts.get(id));
            }
        }
        if let Ok(containers) = &records.containers {
            for (id, mount) in records.mounts().filter(|(id, _)| !containers.contains_key(*id)) {
                self.look_at_mount_without_container(id, mount);
            }
        }
    }

    fn container_problem(&self, id: &str, file: &str, detail: impl Into<String>) -> Problem {
        let mut problem = self.problem(id, format!("{}/containers/{id}{file}", self.store), detail);
        self.owners.name_those_of_container(id, &mut problem);
        problem
    }

    /// Whether the container's configuration can be read.
    fn look_at_config(&mut self, id: &str, container: &Container) -> bool {
        let files =
            [("config.v2.json", container.config.flaw()), ("hostconfig.json", container.host_config.flaw())];
        let unknown = container.config.unknown().or_else(|| container.host_config.unknown());
        if let Some(unknown) = unknown {
            self.missed(&CONTAINER_CONFIG_BROKEN, unknown);
        }
        let other = container.config.known().filter(|config| config.id != id);
        let detail = match (files.iter().find_map(|(file, flaw)| Some((file, (*flaw)?))), other) {
            (Some((file, flaw)), _) => format!("{file} {flaw}"),
            (None, Some(config)) => format!("config.v2.json is of the container {}", config.id),
            (None, None) => return container.config.known().is_some(),
        };
        if !self.is_moving(container.age) {
            let mut problem = self.container_problem(id, "", detail);
            problem.age = Some(container.age);
            self.found(&CONTAINER_CONFIG_BROKEN, problem);
        }
        false
    }

    fn look_at_removal(&mut self, id: &str, container: &Container) {
        if !self.is_moving(container.age) {
            let mut problem = self.container_problem(id, "", "its removal did not end");
            problem.age = Some(container.age);
            self.found(&CONTAINER_REMOVAL_STALE, problem);
        }
    }

    fn look_at_image(&mut self, id: &str, container: &Container) {
        let records = self.records;
        let Ok(images) = &records.images else { return };
        if let Some(image) = container.image().filter(|image| !images.contains_key(image)) {
            let mut problem =
                self.container_problem(id, "", format!("its image sha256:{image} is not there"));
            problem.expected = Some(format!("sha256:{image}"));
            self.found(&CONTAINER_IMAGE_MISSING, problem);
        }
    }

    fn look_at_mount(&mut self, id: &str, container: &Container, mount: Option<&Mount>) {
        let detail = match mount {
            None => "there is no record of its writable layer".to_owned(),
            Some(mount) => {
                if let Some(unknown) = mount.unknown() {
                    self.missed(&CONTAINER_MOUNT_MISSING, unknown);
                }
                match mount.flaws() {
                    flaws if flaws.is_empty() => return,
                    flaws => format!("of the record of its writable layer {}", flaws.join(", ")),
                }
            }
        };
        if !self.is_moving(mount.map_or(container.age, |mount| mount.age)) {
            let mut problem = self.container_problem(id, "", detail);
            problem.path = format!("{}/image/overlay2/layerdb/mounts/{id}", self.store);
            self.found(&CONTAINER_MOUNT_MISSING, problem);
        }
    }

    fn look_at_mount_without_container(&mut self, id: &str, mount: &Mount) {
        if !self.may_be_a_build(mount.age) {
            let path = format!("{}/image/overlay2/layerdb/mounts/{id}", self.store);
            let mut problem = self.problem(id, path, "its container is not there");
            problem.age = Some(mount.age);
            problem.actual = mount.mount_id.known().cloned();
            self.found(&MOUNT_WITHOUT_CONTAINER, problem);
        }
    }

    /// A daemon that starts takes up the containers that ran before; only later on the two have to agree.
    fn look_at_state(&mut self, id: &str, container: &Container) {
        let host = self.survey.ctx.host;
        let Some(config) = container.config.known() else { return };
        if !config.state.running || config.state.pid == 0 || !host.is_running() {
            return;
        }
        match self.in_use {
            Fact::Known(true) => {}
            Fact::Known(false) | Fact::Absent => return,
            Fact::Gap(unknown) => return self.missed(&STATE_DRIFTED, unknown),
        }
        match host.exists(format!("/proc/{}", config.state.pid)) {
            Ok(true) => {}
            Ok(false) => {
                let pid = config.state.pid;
                let mut problem = self.container_problem(
                    id,
                    "",
                    format!("it is running as process {pid}, which is not there"),
                );
                problem.expected = Some(pid.to_string());
                self.found(&STATE_DRIFTED, problem);
            }
            Err(error) => self.missed(&STATE_DRIFTED, &error.into()),
        }
    }
}

//! Which control group a process was in that the kernel killed for want of memory.
//!
//! The line that names the process does not say it; a line before it does. Since Linux 5.0 that is
//! `oom-kill:constraint=…,task_memcg=/docker/0d1e…,task=java,pid=4711,uid=0`, before `Task in /docker/0d1e…
//! killed as a result of limit of /docker/0d1e…`.

/// What the lines before have said.
#[derive(Debug, Default)]
pub(super) struct Victims {
    last: Option<Victim>,
}

#[derive(Debug)]
struct Victim {
    cgroup: String,
    /// None in the old form, whose next victim it is.
    pid: Option<String>,
}

impl Victims {
    /// Takes note of a line.
    pub(super) fn hear(&mut self, text: &str) {
        if let Some(rest) = text.strip_prefix("oom-kill:") {
            self.last = new_form(rest);
        } else if let Some(rest) = text.strip_prefix("Task in ") {
            let cgroup = rest.split_once(" killed as a result of limit of ").map(|(group, _)| group);
            self.last = cgroup.map(|cgroup| Victim { cgroup: cgroup.to_owned(), pid: None });
        }
    }

    /// The control group of the process `pid`, which the line at hand says was killed; the next one will have
    /// its own.
    pub(super) fn take(&mut self, pid: &str) -> Option<String> {
        let victim = self.last.take()?;
        let is_of_it = victim.pid.is_none_or(|other| other == pid) && victim.cgroup != "/";
        is_of_it.then_some(victim.cgroup)
    }
}

/// The name of a control group or a task may hold a comma, so the fields are looked for from both ends.
fn new_form(text: &str) -> Option<Victim> {
    let (_, rest) = text.split_once(",task_memcg=")?;
    let (cgroup, rest) = rest.split_once(",task=")?;
    let (_, rest) = rest.rsplit_once(",pid=")?;
    let pid = rest.split(',').next()?;
    Some(Victim { cgroup: cgroup.to_owned(), pid: Some(pid.to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=docker-0d.scope,mems_allowed=0,\
                        oom_memcg=/a,task_memcg=/a/docker-0d.scope,task=a,b,pid=4711,uid=0";

    #[test]
    fn the_group_is_that_of_the_process_that_was_named() {
        let mut victims = Victims::default();
        victims.hear(LINE);
        victims.hear("Tasks state (memory values in pages):");
        assert_eq!(victims.take("4711").as_deref(), Some("/a/docker-0d.scope"));
        assert_eq!(victims.take("4711"), None);
        victims.hear(LINE);
        assert_eq!(victims.take("4712"), None);
    }

    #[test]
    fn the_old_form_is_about_the_next_victim() {
        let mut victims = Victims::default();
        victims.hear("Task in /docker/0d killed as a result of limit of /docker/0d");
        assert_eq!(victims.take("9").as_deref(), Some("/docker/0d"));
        for line in ["oom-kill:constraint=x", "Task in / killed as a result of limit of /", "Task in x"] {
            victims.hear(line);
            assert_eq!(victims.take("9"), None, "{line}");
        }
    }
}

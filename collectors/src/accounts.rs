//! The target's own user and group names, from its passwd and group files.
//!
//! A user id on a target means what the target's files say, not what this machine's would. Accounts that
//! only a directory service knows (LDAP, sssd) are not there: looking them up would need the network.

use std::collections::HashSet;
use std::str::FromStr;

use crate::fact::Unknown;
use crate::host::{Host, HostErrorKind};

/// passwd(5) files in the order in which names are looked up; the second is that of nss-altfiles, in which
/// image-based distributions keep the accounts that they ship.
const USER_FILES: [&str; 2] = ["/etc/passwd", "/usr/lib/passwd"];

/// group(5) files, likewise.
const GROUP_FILES: [&str; 2] = ["/etc/group", "/usr/lib/group"];

/// An entry of a passwd(5) file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) uid: u32,
    /// The primary group.
    pub(crate) gid: u32,
    pub(crate) home: String,
}

/// An entry of a group(5) file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) gid: u32,
    /// The users that are in it beside those whose primary group it is.
    pub(crate) members: Vec<String>,
}

/// The target's users and groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Accounts {
    pub(crate) users: Vec<User>,
    pub(crate) groups: Vec<Group>,
}

impl Accounts {
    /// Reads the target's account files; one that is not there holds no accounts.
    ///
    /// # Errors
    ///
    /// If a file is there and cannot be read.
    pub(crate) fn read(host: &Host) -> Result<Self, Unknown> {
        let mut accounts = Self::default();
        for file in USER_FILES {
            accounts.users.extend(parse_users(&text(host, file)?));
        }
        for file in GROUP_FILES {
            accounts.groups.extend(parse_groups(&text(host, file)?));
        }
        Ok(accounts)
    }

    /// The users who have a home of their own: the first of each directory.
    pub(crate) fn at_home(&self) -> impl Iterator<Item = &User> {
        let mut homes = HashSet::new();
        let is_a_home = |user: &&User| user.home.starts_with('/') && user.home != "/";
        self.users.iter().filter(is_a_home).filter(move |user| homes.insert(user.home.as_str()))
    }

    /// The home of the user `uid`.
    pub(crate) fn home_of(&self, uid: u32) -> Option<&str> {
        self.users.iter().find(|user| user.uid == uid).map(|user| user.home.as_str())
    }

    /// The name of the user `uid`: that of the first entry, as getpwuid(3) has it.
    pub(crate) fn user_name(&self, uid: u32) -> Option<&str> {
        self.users.iter().find(|user| user.uid == uid).map(|user| user.name.as_str())
    }

    /// The name of the group `gid`.
    pub(crate) fn group_name(&self, gid: u32) -> Option<&str> {
        self.groups.iter().find(|group| group.gid == gid).map(|group| group.name.as_str())
    }

    /// The users that are in the group `name`, by its entry or by their primary group, sorted; `None` if
    /// there is no such group.
    pub(crate) fn members(&self, name: &str) -> Option<Vec<String>> {
        let group = self.groups.iter().find(|group| group.name == name)?;
        let primary = self.users.iter().filter(|user| user.gid == group.gid).map(|user| &user.name);
        let mut members: Vec<String> = group.members.iter().chain(primary).cloned().collect();
        members.sort();
        members.dedup();
        Some(members)
    }
}

fn text(host: &Host, file: &str) -> Result<String, Unknown> {
    match host.read_text(file) {
        Err(error) if error.kind == HostErrorKind::NotFound => Ok(String::new()),
        result => Ok(result?),
    }
}

/// The entries of a passwd(5) file. A line that is no entry is passed over, as the C library does: comments,
/// and the `+` and `-` lines of NIS.
fn parse_users(text: &str) -> Vec<User> {
    text.lines()
        .filter_map(|line| {
            let mut fields = entry(line)?;
            let name = fields.next()?.to_owned();
            let (uid, gid) = (number(fields.nth(1)?)?, number(fields.next()?)?);
            let home = fields.nth(1).unwrap_or_default().to_owned();
            Some(User { name, uid, gid, home })
        })
        .collect()
}

/// The entries of a group(5) file.
fn parse_groups(text: &str) -> Vec<Group> {
    text.lines()
        .filter_map(|line| {
            let mut fields = entry(line)?;
            let name = fields.next()?.to_owned();
            let gid = number(fields.nth(1)?)?;
            let members = fields.next().unwrap_or_default().split(',').map(str::trim);
            let members = members.filter(|member| !member.is_empty()).map(str::to_owned).collect();
            Some(Group { name, gid, members })
        })
        .collect()
}

fn entry(line: &str) -> Option<std::str::Split<'_, char>> {
    let line = line.trim();
    (!line.is_empty() && !line.starts_with(['#', '+', '-', ':'])).then(|| line.split(':'))
}

fn number(field: &str) -> Option<u32> {
    u32::from_str(field).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn entries_are_read_and_what_is_no_entry_is_passed_over() {
        let users = parse_users(
            "root:x:0:0:root:/root:/bin/bash\n# comment\n+@netgroup\nbroken:x:zero:0::/:\n\nsync:x:4:65534:sync:/bin:/bin/sync\n",
        );
        let expected = [("root", 0, 0, "/root"), ("sync", 4, 65534, "/bin")];
        assert_eq!(
            users,
            expected.map(|(name, uid, gid, home)| User { name: name.into(), uid, gid, home: home.into() }),
            "a line without numbers is no entry"
        );
        let groups = parse_groups("docker:x:998:alice, bob,\nnogroup:x:65534:\nshort:x:5\nbad:x\n");
        assert_eq!(groups.len(), 3);
        assert_eq!(
            groups[0],
            Group { name: "docker".into(), gid: 998, members: vec!["alice".into(), "bob".into()] }
        );
        assert!(groups[1].members.is_empty());
    }

    #[test]
    fn members_are_those_named_and_those_whose_primary_group_it_is() {
        let accounts = Accounts {
            users: parse_users("ci:x:1000:998::/:\nbob:x:1001:1001::/:"),
            groups: parse_groups("docker:x:998:zoe,bob"),
        };
        assert_eq!(accounts.members("docker").unwrap(), ["bob", "ci", "zoe"]);
        assert_eq!(accounts.members("podman"), None);
        assert_eq!(accounts.user_name(1000), Some("ci"));
        assert_eq!(accounts.user_name(4711), None);
        assert_eq!(accounts.group_name(998), Some("docker"));
    }

    #[test]
    fn the_first_user_of_a_home_has_it() {
        let users = "root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/root:\nmail:x:8:8::/:\nci:x:998:998::/var/lib/ci:\nx:x:1:1";
        let accounts = Accounts { users: parse_users(users), groups: Vec::new() };
        let names: Vec<&str> = accounts.at_home().map(|user| user.name.as_str()).collect();
        assert_eq!(names, ["root", "ci"]);
    }

    #[test]
    fn accounts_that_the_distribution_ships_apart_are_found_and_missing_files_are_no_error() {
        let tree = Tree::new().file("usr/lib/group", "docker:x:998:core\n");
        let accounts = Accounts::read(&tree.host()).unwrap();
        assert_eq!(accounts.group_name(998), Some("docker"));
        assert!(accounts.users.is_empty());
    }
}

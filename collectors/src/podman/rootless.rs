//! The users who run containers of their own, without root.

use schemars::JsonSchema;
use serde::Serialize;

use crate::accounts::{Accounts, User};
use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::{Host, HostError, HostErrorKind};

const SUBUID: &str = "/etc/subuid";
const SUBGID: &str = "/etc/subgid";

/// Where systemd-logind notes who keeps a session without being logged in.
const LINGER: &str = "/var/lib/systemd/linger";

/// A user with containers of his own.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RootlessUser {
    /// The user's name.
    ///
    /// Source: /etc/passwd
    pub name: String,
    /// The user's number.
    ///
    /// Source: /etc/passwd
    pub uid: u32,
    /// The user's directory of images and containers; absent if there is none yet.
    ///
    /// Source: ~/.local/share/containers/storage
    pub store: Fact<String>,
    /// Whether the user has a configuration of podman's tools.
    ///
    /// Source: ~/.config/containers
    pub configured: Fact<bool>,
    /// How many user ids the user's containers may have beside the user's own.
    ///
    /// Source: /etc/subuid
    pub subuid_count: Fact<u64>,
    /// How many group ids the user's containers may have beside the user's own.
    ///
    /// Source: /etc/subgid
    pub subgid_count: Fact<u64>,
    /// Other users whose containers may have the same user ids.
    ///
    /// Source: /etc/subuid
    pub shares_subuids_with: Fact<Vec<String>>,
    /// Whether the user's services, and containers, go on when the user logs out.
    ///
    /// Source: /var/lib/systemd/linger
    pub lingers: Fact<bool>,
}

/// A range of ids: subuid(5).
#[derive(Debug, Clone, PartialEq)]
struct Range {
    /// A name, or a number in digits.
    owner: String,
    start: u64,
    count: u64,
}

/// The users with a store or a configuration. A home that cannot be looked into is a gap in the list.
pub(super) fn users(ctx: &Context<'_>) -> Fact<Vec<Fact<RootlessUser>>> {
    let accounts = match Accounts::read(ctx.host) {
        Ok(accounts) => accounts,
        Err(unknown) => return Fact::Gap(unknown),
    };
    let (uids, gids) = (ranges(ctx.host, SUBUID), ranges(ctx.host, SUBGID));
    let users = accounts.at_home().filter(|user| user.uid != 0);
    Fact::Known(users.filter_map(|user| look_at(ctx.host, user, &uids, &gids)).collect())
}

fn look_at(
    host: &Host,
    user: &User,
    uids: &Fact<Vec<Range>>,
    gids: &Fact<Vec<Range>>,
) -> Option<Fact<RootlessUser>> {
    let store = format!("{}/.local/share/containers/storage", user.home);
    let configuration = format!("{}/.config/containers", user.home);
    let (has_store, configured) = (is_there(host, &store), is_there(host, &configuration));
    match (&has_store, &configured) {
        (Ok(false), Ok(false)) => return None,
        (Ok(true), _) | (_, Ok(true)) => {}
        (Err(error), _) | (_, Err(error)) => return Some(Fact::Gap(Unknown::from(error.clone()))),
    }
    let count = |ranges: &Fact<Vec<Range>>| {
        ranges.as_ref().map(|ranges| of(user, ranges).map(|range| range.count).sum())
    };
    Some(Fact::Known(RootlessUser {
        name: user.name.clone(),
        uid: user.uid,
        store: match has_store {
            Ok(true) => Fact::Known(store),
            Ok(false) => Fact::Absent,
            Err(error) => Fact::Gap(error.into()),
        },
        configured: configured.into(),
        subuid_count: count(uids),
        subgid_count: count(gids),
        shares_subuids_with: uids.as_ref().map(|ranges| sharers(user, ranges)),
        lingers: host.exists(format!("{LINGER}/{}", user.name)).into(),
    }))
}

/// A home that is no directory holds nothing.
fn is_there(host: &Host, path: &str) -> Result<bool, HostError> {
    match host.exists(path) {
        Err(HostError { kind: HostErrorKind::Loop, .. }) => Ok(false),
        result => result,
    }
}

fn ranges(host: &Host, file: &str) -> Fact<Vec<Range>> {
    Fact::from(host.read_text(file)).map(|text| parse(&text)).or_absent(Vec::new())
}

/// The ranges of a subuid(5) file; a line that is none is passed over, as shadow does.
fn parse(text: &str) -> Vec<Range> {
    let range = |line: &str| {
        let mut fields = line.trim().split(':');
        let owner = fields.next().filter(|owner| !owner.is_empty() && !owner.starts_with('#'))?;
        let (start, count) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        Some(Range { owner: owner.to_owned(), start, count })
    };
    text.lines().filter_map(range).collect()
}

fn of<'r>(user: &User, ranges: &'r [Range]) -> impl Iterator<Item = &'r Range> {
    let (name, uid) = (user.name.clone(), user.uid.to_string());
    ranges.iter().filter(move |range| range.owner == name || range.owner == uid)
}

/// The owners of ranges that overlap one of the user's.
fn sharers(user: &User, ranges: &[Range]) -> Vec<String> {
    let is_own = |range: &Range| range.owner == user.name || range.owner == user.uid.to_string();
    let overlaps = |one: &Range, other: &Range| {
        one.start < other.start.saturating_add(other.count)
            && other.start < one.start.saturating_add(one.count)
    };
    let mut sharers: Vec<String> = ranges
        .iter()
        .filter(|other| !is_own(other) && of(user, ranges).any(|own| overlaps(own, other)))
        .map(|other| other.owner.clone())
        .collect();
    sharers.sort();
    sharers.dedup();
    sharers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_counted_by_name_and_by_number() {
        let ranges = parse(
            "# comment\nci:100000:65536\n1000:400000:10\nother:165535:65536\nbroken:x:1\nthird:165536:1\n",
        );
        assert_eq!(ranges.len(), 4);
        let user = User { name: "ci".into(), uid: 1000, gid: 1000, home: "/home/ci".into() };
        assert_eq!(of(&user, &ranges).map(|range| range.count).sum::<u64>(), 65546);
        assert_eq!(sharers(&user, &ranges), ["other"]);
        let hostile = parse(&format!("ci:{0}:{0}\nx:{0}:{0}\n", u64::MAX));
        assert_eq!(sharers(&user, &hostile), [""; 0], "a range that no number reaches overlaps nothing");
    }
}

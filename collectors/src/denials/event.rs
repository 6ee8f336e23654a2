//! Lines of the audit system: as auditd writes them down, and as the kernel logs them where no auditd listens.

use jiff::Timestamp;

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    /// An access that SELinux or AppArmor decided on.
    Access,
    /// A system call that a seccomp filter acted on.
    Seccomp,
    /// A path of the event that the lines before are about.
    Path,
}

/// A line of the audit system.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Event<'t> {
    pub(super) topic: Topic,
    /// The stamp of the event, the same in all its lines: `1364481363.243:24287`.
    pub(super) stamp: &'t str,
    /// What was written.
    body: &'t str,
}

/// Fields whose values somebody else chose; the kernel writes them as hexadecimal digits where they are no
/// plain text.
const UNTRUSTED: [&str; 9] =
    ["comm", "exe", "name", "path", "profile", "peer", "cmdline", "srcname", "device"];

/// How much of such a value is kept, in characters.
const LENGTH: usize = 300;

impl<'t> Event<'t> {
    /// The event of a line `type=AVC msg=audit(STAMP): BODY`, or `audit: type=1400 audit(STAMP): BODY`. None
    /// for every other line.
    pub(super) fn parse(line: &'t str) -> Option<Self> {
        let (_, rest) = line.split_once("type=")?;
        let (name, rest) = rest.split_once(' ')?;
        let topic = match name {
            "AVC" | "USER_AVC" | "1400" | "1107" => Topic::Access,
            "SECCOMP" | "1326" => Topic::Seccomp,
            "PATH" | "1302" => Topic::Path,
            _ => return None,
        };
        let (stamp, body) = rest.trim_start_matches("msg=").strip_prefix("audit(")?.split_once("):")?;
        Some(Self { topic, stamp, body })
    }

    /// When it happened, RFC 3339 in UTC; none if the stamp is no time.
    pub(super) fn time(&self) -> Option<String> {
        let (seconds, _) = self.stamp.split_once('.')?;
        Some(Timestamp::from_second(seconds.parse().ok()?).ok()?.to_string())
    }

    /// Whether the body has these words.
    pub(super) fn says(&self, words: &str) -> bool {
        self.body.contains(words)
    }

    /// The words between the braces of `avc:  denied  { read open } for`.
    pub(super) fn permissions(&self) -> Option<Vec<String>> {
        let (_, rest) = self.body.split_once("avc:")?;
        let (verdict, rest) = rest.split_once('{')?;
        let (permissions, _) = rest.split_once('}')?;
        let is_denied = verdict.trim() == "denied";
        is_denied.then(|| permissions.split_whitespace().map(plain).collect())
    }

    /// The value of a field, as it was before the kernel wrote it down, without control characters.
    pub(super) fn field(&self, name: &str) -> Option<String> {
        self.fields().find(|(other, _)| *other == name).map(|(_, value)| match value {
            Value::Quoted(text) => plain(text),
            Value::Bare(text) if UNTRUSTED.contains(&name) => decoded(text).unwrap_or_else(|| plain(text)),
            Value::Bare(text) => plain(text),
        })
    }

    fn fields(&self) -> impl Iterator<Item = (&'t str, Value<'t>)> {
        let mut rest = self.body;
        std::iter::from_fn(move || {
            loop {
                rest = rest.trim_start_matches(is_space);
                if rest.is_empty() {
                    return None;
                }
                let name_end = rest.find(|c| c == '=' || is_space(c)).unwrap_or(rest.len());
                let (name, after) = rest.split_at(name_end);
                let Some(value) = after.strip_prefix('=') else {
                    rest = after;
                    continue;
                };
                // auditd wraps what programs report: msg='avc: … '.
                let value = value.strip_prefix('\'').unwrap_or(value);
                let (value, after) = match value.strip_prefix('"').and_then(|text| text.split_once('"')) {
                    Some((text, after)) => (Value::Quoted(text), after),
                    None => {
                        let (text, after) = value.split_at(value.find(is_space).unwrap_or(value.len()));
                        (Value::Bare(text.trim_end_matches('\'')), after)
                    }
                };
                rest = after;
                return Some((name, value));
            }
        })
    }
}

enum Value<'t> {
    Quoted(&'t str),
    Bare(&'t str),
}

/// auditd puts a group separator before what it adds itself.
fn is_space(c: char) -> bool {
    c.is_whitespace() || c == '\u{1d}'
}

/// The text that the kernel wrote as hexadecimal digits.
fn decoded(text: &str) -> Option<String> {
    if text.is_empty() || !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    let digits = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
    let bytes: Option<Vec<u8>> = digits.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect();
    Some(plain(&String::from_utf8_lossy(&bytes?)))
}

/// The text with its control characters written out, and not longer than anybody reads.
fn plain(text: &str) -> String {
    let kept = text.chars().take(LENGTH);
    kept.flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auditd_and_the_kernel_write_the_same_differently() {
        let body = "avc:  denied  { read open } for  pid=2116 comm=\"cat\" path=\"/data/x\" dev=\"vda1\"";
        let written = format!("type=AVC msg=audit(1364481363.243:24287): {body}");
        let logged = format!("audit: type=1400 audit(1364481363.243:24287): {body}");
        for line in [written, logged] {
            let event = Event::parse(&line).unwrap();
            assert_eq!((event.topic, event.stamp), (Topic::Access, "1364481363.243:24287"));
            assert_eq!(event.time().as_deref(), Some("2013-03-28T14:36:03Z"));
            assert_eq!(event.permissions().unwrap(), ["read", "open"]);
            assert_eq!(event.field("path").as_deref(), Some("/data/x"));
            assert_eq!(event.field("pid").as_deref(), Some("2116"));
            assert_eq!(event.field("scontext"), None);
        }
    }

    #[test]
    fn what_was_no_plain_text_is_decoded_and_harmless() {
        let line = "type=AVC msg=audit(1.2:3): avc:  denied  { read } for  pid=1 comm=6120621B5B324A name=DEADBEEF ino=1234";
        let event = Event::parse(line).unwrap();
        assert_eq!(event.field("comm").as_deref(), Some("a b\\u{1b}[2J"));
        assert_eq!(event.field("name").as_deref(), Some("\u{7ad}\u{fffd}\u{fffd}"));
        assert_eq!(event.field("ino").as_deref(), Some("1234"));
    }

    #[test]
    fn what_programs_report_is_wrapped_in_quotes() {
        let line = "type=USER_AVC msg=audit(1.2:3): pid=1 uid=0 msg='avc:  denied  { start } for auid=0 \
                    scontext=a:b:container_t:s0:c1,c2 tcontext=a:b:c_t:s0 tclass=service  exe=\"/usr/lib/systemd/systemd\" sauid=0 terminal=?'\u{1d}UID=\"root\"";
        let event = Event::parse(line).unwrap();
        assert_eq!(event.field("scontext").as_deref(), Some("a:b:container_t:s0:c1,c2"));
        assert_eq!(event.field("exe").as_deref(), Some("/usr/lib/systemd/systemd"));
        assert_eq!(event.field("terminal").as_deref(), Some("?"));
        assert_eq!(event.field("UID").as_deref(), Some("root"));
    }

    #[test]
    fn nothing_else_is_an_event_and_nothing_breaks() {
        for line in ["", "type=", "type=AVC msg=audit(", "type=CWD msg=audit(1.2:3): cwd=\"/\"", "type=AVC x"]
        {
            assert_eq!(Event::parse(line), None, "{line}");
        }
        let event = Event::parse("type=AVC msg=audit(x): avc: granted { x } = == a= b=\" c='").unwrap();
        assert_eq!((event.time(), event.permissions()), (None, None));
        assert_eq!(event.field("a").as_deref(), Some(""));
        assert_eq!(event.field("b").as_deref(), Some("\""));
        assert_eq!(Event::parse("type=AVC msg=audit(99999999999999.1:1):").unwrap().time(), None);
    }
}

//! The syntax of unit files: systemd.syntax(7).

use std::ops::Range;

/// One assignment `Key=Value` in a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Assignment<'a> {
    pub(super) section: &'a str,
    pub(super) key: String,
    /// With continued lines joined; quotes and escapes are left as they are.
    pub(super) value: String,
    /// The number of the line where it begins, from 1.
    pub(super) number: usize,
    /// That line.
    pub(super) line: &'a str,
    /// The bytes of that line that hold the assignment.
    pub(super) token: Range<usize>,
}

/// What a file holds, up to the first thing that stops systemd from reading on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parsed<'a> {
    pub(super) assignments: Vec<Assignment<'a>>,
    /// What stopped it.
    pub(super) error: Option<String>,
}

/// Reads a unit file. Lines that systemd warns about and ignores are ignored.
pub(super) fn parse(text: &str) -> Parsed<'_> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut parsed = Parsed { assignments: Vec::new(), error: None };
    let mut section = None;
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let content = line.trim();
        if content.is_empty() || is_comment(content) {
            continue;
        }
        if let Some(header) = content.strip_prefix('[') {
            let Some(name) = header.strip_suffix(']') else {
                parsed.error = Some(format!("line {}: the section header has no closing bracket", index + 1));
                return parsed;
            };
            section = Some(name);
            continue;
        }
        let joined = join(line, &mut lines);
        let (Some(section), Some((key, value))) = (section, joined.split_once('=')) else { continue };
        let key = key.trim();
        if key.is_empty() {
            continue;
        }
        parsed.assignments.push(Assignment {
            section,
            key: key.to_owned(),
            value: value.trim().to_owned(),
            number: index + 1,
            line,
            token: line.len() - line.trim_start().len()..line.trim_end().len(),
        });
    }
    parsed
}

/// The logical line that begins with `first`: a backslash at the end of a line stands for a space and the
/// next line that is no comment.
fn join<'a>(first: &str, lines: &mut impl Iterator<Item = (usize, &'a str)>) -> String {
    let mut joined = String::new();
    let mut line = first.trim_start();
    while let Some(continued) = line.strip_suffix('\\') {
        joined.push_str(continued);
        joined.push(' ');
        match lines.by_ref().map(|(_, line)| line.trim_start()).find(|line| !is_comment(line)) {
            Some(next) => line = next,
            None => return joined,
        }
    }
    joined.push_str(line);
    joined
}

fn is_comment(line: &str) -> bool {
    line.starts_with(['#', ';'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        let parsed = parse(text);
        assert_eq!(parsed.error, None);
        parsed.assignments.into_iter().map(|a| (format!("{}.{}", a.section, a.key), a.value)).collect()
    }

    #[test]
    fn continued_lines_are_joined_and_comments_within_them_are_left_out() {
        let text = "Early=1\n[Service]\n; note\nExecStart=/usr/bin/dockerd \\\n# why\n   -H fd:// \\\n  --debug  \nno assignment\n Nice = 5 \n=x\n";
        assert_eq!(
            pairs(text),
            [
                ("Service.ExecStart".into(), "/usr/bin/dockerd  -H fd://  --debug".into()),
                ("Service.Nice".into(), "5".into())
            ]
        );
    }

    #[test]
    fn an_assignment_knows_its_place() {
        let parsed = parse("[Service]\n\n  LimitNOFILE=1024  \n");
        let assignment = &parsed.assignments[0];
        assert_eq!((assignment.number, assignment.token.clone()), (3, 2..18));
        assert_eq!(&assignment.line[assignment.token.clone()], "LimitNOFILE=1024");
    }

    #[test]
    fn a_broken_section_header_ends_the_file() {
        let parsed = parse("[Service]\nNice=1\n[Install\nWantedBy=x\n");
        assert_eq!(parsed.assignments.len(), 1);
        assert_eq!(parsed.error.as_deref(), Some("line 3: the section header has no closing bracket"));
    }

    #[test]
    fn odd_ends_are_no_trouble() {
        assert_eq!(pairs("[A]\nB=c\\"), [("A.B".into(), "c".into())]);
        assert_eq!(pairs("[A]\r\nB=c\r\n"), [("A.B".into(), "c".into())]);
        assert_eq!(pairs("[A]\nKey\\\n=value\n"), [("A.Key".into(), "value".into())]);
        assert_eq!(pairs("\u{feff}[A]\nB=\n"), [("A.B".into(), String::new())]);
        assert_eq!(pairs(""), []);
    }
}

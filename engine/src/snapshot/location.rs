//! A place in a JSON document, in the two notations of the field.

use std::fmt;

/// The place of one value in a document: the names and indices that lead to it from the root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Location(pub Vec<Step>);

/// One step of a [`Location`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Into the member of an object.
    Name(String),
    /// Into the element of a list, from 0.
    Index(usize),
}

impl Location {
    /// The place one step further down.
    pub fn child(&self, step: Step) -> Self {
        let mut steps = Vec::with_capacity(self.0.len() + 1);
        steps.extend_from_slice(&self.0);
        steps.push(step);
        Self(steps)
    }

    /// The place that a JSON pointer (RFC 6901) names; `None` if it is malformed. What looks like an index
    /// is taken for one: a pointer does not tell it from a name made of digits.
    pub fn from_pointer(pointer: &str) -> Option<Self> {
        let mut tokens = pointer.split('/');
        // Before the first slash there is nothing.
        if tokens.next() != Some("") {
            return None;
        }
        tokens.map(step_from_token).collect::<Option<_>>().map(Self)
    }

    /// The JSON pointer (RFC 6901) of the place, such as `/docker/config/live-restore`.
    pub fn pointer(&self) -> String {
        let mut pointer = String::new();
        for step in &self.0 {
            pointer.push('/');
            match step {
                Step::Name(name) => pointer.push_str(&name.replace('~', "~0").replace('/', "~1")),
                Step::Index(index) => pointer.push_str(&index.to_string()),
            }
        }
        pointer
    }
}

fn step_from_token(token: &str) -> Option<Step> {
    let is_index =
        token == "0" || (!token.starts_with('0') && token.bytes().all(|byte| byte.is_ascii_digit()));
    if let (true, Ok(index)) = (is_index, token.parse()) {
        return Some(Step::Index(index));
    }
    // Every `~` begins one of the two escapes.
    let well_formed = token.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    well_formed.then(|| Step::Name(token.replace("~1", "/").replace("~0", "~")))
}

/// The normalized path (RFC 9535, section 2.7) of the place, such as `$['mounts'][0]`.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        for step in &self.0 {
            match step {
                Step::Name(name) => write_name(f, name)?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

fn write_name(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    f.write_str("['")?;
    for c in name.chars() {
        match c {
            '\u{8}' => f.write_str("\\b")?,
            '\t' => f.write_str("\\t")?,
            '\n' => f.write_str("\\n")?,
            '\u{c}' => f.write_str("\\f")?,
            '\r' => f.write_str("\\r")?,
            '\'' => f.write_str("\\'")?,
            '\\' => f.write_str("\\\\")?,
            c if (c as u32) < 0x20 => write!(f, "\\u{:04x}", c as u32)?,
            c => fmt::Write::write_char(f, c)?,
        }
    }
    f.write_str("']")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_notations_escape_what_they_must() {
        let location = Location::default()
            .child(Step::Name("a/b~c".into()))
            .child(Step::Index(2))
            .child(Step::Name("it's\n\u{1}".into()));
        assert_eq!(location.pointer(), "/a~1b~0c/2/it's\n\u{1}");
        assert_eq!(location.to_string(), "$['a/b~c'][2]['it\\'s\\n\\u0001']");
    }

    #[test]
    fn a_pointer_is_read_back() {
        for pointer in ["", "/", "/a", "/a~1b~0c/2/it's", "/mounts/0/target", "/a/01/-1", "//x", "/~01"] {
            assert_eq!(Location::from_pointer(pointer).unwrap().pointer(), pointer, "{pointer}");
        }
        assert_eq!(Location::from_pointer("/~01").unwrap().0, [Step::Name("~1".into())]);
        assert_eq!(Location::from_pointer("/7/07").unwrap().0, [Step::Index(7), Step::Name("07".into())]);
        for malformed in ["a", "a/b", "/a~", "/a~2b"] {
            assert_eq!(Location::from_pointer(malformed), None, "{malformed}");
        }
    }
}

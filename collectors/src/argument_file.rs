//! The files of arguments of MicroK8s: one or more a line, with the snap's variables in them.

use plimsoll_engine::snapshot::Layer;

use crate::fact::{Fact, Sourced};
use crate::host::Host;
use crate::origin;

/// What the variables stand for while the snap is installed.
const VARIABLES: [(&str, &str); 3] = [
    ("${SNAP_DATA}", "/var/snap/microk8s/current"),
    ("${SNAP_COMMON}", "/var/snap/microk8s/common"),
    ("${SNAP}", "/snap/microk8s/current"),
];

/// The arguments in /var/snap/microk8s/current/args/`program`, each with its place; absent if there is no such
/// file. Lines that begin with `#` say nothing.
pub(crate) fn read(host: &Host, program: &str) -> Fact<Vec<Sourced<String>>> {
    let path = format!("/var/snap/microk8s/current/args/{program}");
    Fact::from(host.read_text(&path)).map(|text| {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with('#'));
        lines
            .flat_map(|(index, line)| {
                let path = &path;
                line.split_whitespace().map(move |word| {
                    let at = line.find(word).unwrap_or_default();
                    let origin = origin::in_line(Layer::Flag, path, index + 1, line, at..at + word.len());
                    Sourced { value: plain(word), origin }
                })
            })
            .collect()
    })
}

/// A word with its variables filled in and without its quotes.
fn plain(word: &str) -> String {
    let filled = VARIABLES.iter().fold(word.to_owned(), |word, (name, value)| word.replace(name, value));
    filled.replace('"', "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn variables_are_filled_in_and_comments_left_out() {
        let tree = Tree::new().file(
            "var/snap/microk8s/current/args/containerd",
            "# comment\n--config ${SNAP_DATA}/args/containerd.toml\n--labels=\"a\"\n",
        );
        let arguments = read(&tree.host(), "containerd");
        let arguments = arguments.known().unwrap();
        let texts: Vec<_> = arguments.iter().map(|argument| argument.value.as_str()).collect();
        assert_eq!(texts, ["--config", "/var/snap/microk8s/current/args/containerd.toml", "--labels=a"]);
        assert_eq!((arguments[1].origin.line, arguments[1].origin.column), (Some(2), Some(10)));
        assert_eq!(read(&tree.host(), "kubelet"), Fact::Absent);
    }
}

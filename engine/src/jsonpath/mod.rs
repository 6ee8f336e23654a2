//! Being written.
/// Being written.
#[derive(Debug)]
pub struct Query;
impl Query {
    /// Being written.
    pub fn prefixes(&self) -> Vec<Vec<String>> {
        vec![]
    }
}

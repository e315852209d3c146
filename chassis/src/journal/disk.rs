//! The seam behind which a journal's store stands; nothing above it knows which one it is.

/// A key and its new value; none removes it.
pub type Change = (Vec<u8>, Option<Vec<u8>>);

/// An ordered store of keys and values with atomic groups, and one small file beside it.
pub trait Disk: Send + Sync + 'static {
    /// Makes all changes or none; they survive a loss of power once this has returned. Of two changes of one key the later
    /// one counts.
    fn commit(&self, changes: Vec<Change>) -> Result<(), DiskError>;

    /// The value of a key.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, DiskError>;

    /// Shows `each` the keys from `from` (included) to `before` (excluded) with their values, in order or in reverse, until
    /// it says `false`.
    fn scan(&self, from: &[u8], before: &[u8], order: Order, each: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), DiskError>;

    /// The head file as it was last written; none before the first time.
    fn head(&self) -> Result<Option<Vec<u8>>, DiskError>;

    /// Writes the head file anew; after a crash it is the old one or the new one.
    fn set_head(&self, bytes: &[u8]) -> Result<(), DiskError>;
}

/// Which way a scan goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// From the smallest key to the largest.
    Rising,
    /// From the largest key to the smallest.
    Falling,
}

/// What a store said when it could not do its work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DiskError(pub String);

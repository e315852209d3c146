//! How large a drill is: small in the suite, as large as one likes by the environment.

/// The size of a drill: `TSL_DRILL_<NAME>` where that is set, else `small`.
///
/// # Panics
/// Where the variable is set and is no number: a typing mistake must not run the small drill.
#[must_use]
pub fn size(name: &str, small: usize) -> usize {
    let variable = format!("TSL_DRILL_{name}");
    match std::env::var(&variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} is a number, not {text:?}")),
        Err(_) => small,
    }
}

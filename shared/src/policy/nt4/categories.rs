//! Which workstation license a client needs, and how the license manager lists them (NT-02 to NT-05).

use crate::model::{Category, Platform};
use crate::rulebook::{RuleId, rule};

/// NT-02, NT-03, NT-04: the category of a client's system. Only NT 4.0 itself owns the workstation already; NT 3.5x takes an
/// upgrade; everything else, later Windows included, is no NT workstation and takes a whole license.
#[must_use]
pub fn category(platform: Platform) -> Category {
    match platform {
        Platform::WindowsNt4 => Category::Existing,
        Platform::WindowsNt35 => Category::Upgrade,
        Platform::WindowsForWorkgroups
        | Platform::Windows95
        | Platform::Windows98
        | Platform::Windows2000
        | Platform::WindowsXpHome
        | Platform::WindowsXpProfessional
        | Platform::WindowsVista
        | Platform::Macintosh
        | Platform::Other => Category::Full,
    }
}

/// The rule that puts a client into its category.
#[must_use]
pub fn rule_of(category: Category) -> RuleId {
    match category {
        Category::Existing => rule::NT_02,
        Category::Upgrade => rule::NT_03,
        Category::Full => rule::NT_04,
    }
}

/// NT-05: the name of a line of the license manager; none where there are no such licenses.
#[must_use]
pub fn title(category: Category, temporary: bool) -> Option<String> {
    match (category, temporary) {
        (_, false) => Some(category.title().to_owned()),
        (Category::Existing, true) => None,
        (Category::Full | Category::Upgrade, true) => Some(format!("Temporary {} license", category.title())),
    }
}

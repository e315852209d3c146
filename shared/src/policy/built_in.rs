//! The built-in pool of Windows 2000: unlimited licenses for clients of the same age (W2K-03).

use crate::model::{Generation, Platform, ProductVersion};

/// W2K-03, SD-04: whether a request is served from the built-in pool: Windows 2000 (any edition) or XP Professional, not XP Home,
/// at a Windows 2000 terminal server that asks for its own version. From 2003 on there is no such pool (WS03-09).
#[must_use]
pub fn covers(terminal_server: Generation, platform: Platform, asked: ProductVersion) -> bool {
    let has_pool = match terminal_server {
        Generation::Windows2000Sp2 | Generation::Windows2000Sp3 => asked == terminal_server.version(),
        Generation::WindowsNt4 | Generation::Windows2003 | Generation::Windows2008 | Generation::Windows2008R2 => false,
    };
    let of_the_age = match platform {
        Platform::Windows2000 | Platform::WindowsXpProfessional => true,
        Platform::WindowsForWorkgroups
        | Platform::Windows95
        | Platform::Windows98
        | Platform::WindowsNt35
        | Platform::WindowsNt4
        | Platform::WindowsXpHome
        | Platform::WindowsVista
        | Platform::Macintosh
        | Platform::Other => false,
    };
    has_pool && of_the_age
}

//! Certificates and signed tokens: who vouches for whom, and whether a license is what it says it is.
//!
//! Root -> activation certificate -> CAL token; the clearinghouse's own key -> pack token. Everything here is pure: keys,
//! serials and moments are arguments, and Ed25519 signs the same bytes the same way each time, so the same facts always
//! yield the same certificate and the same token.

mod anchors;
mod certificate;
mod codes;
mod error;
mod key;
mod license;
mod make;
mod pack;
mod pem;
mod read;
mod request;
mod root;
mod server;
mod succession;
mod token;

pub use anchors::Anchors;
pub use certificate::{Certificate, Period, Serial};
pub use codes::{AgreementSecret, CodeFlaw, CodeKey, Granted, key_text, read_key_text};
pub use error::{Flaw, PackFlaw, TrustError};
pub use key::{SigningKey, signature_holds};
pub use license::{LicenseSealer, open_license, peek_license, signer_of};
pub use make::{certificate_request, make_activation_certificate, make_root, make_self_signed};
pub use pack::{open_pack, seal_pack};
pub use read::KeyHolder;
pub use request::read_request;
pub use root::Root;
pub use server::ServerCertificate;
pub use succession::{make_succession, succession_holds};

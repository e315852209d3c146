//! Reading a certificate request: its key and its names, and nothing of what it asks for (CE-13).

use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer;

use super::read::{KeyHolder, is_ed25519, public_key, server_subject};
use super::{TrustError, pem};

/// Reads a PKCS#10 request and checks that whoever made it holds its key.
///
/// Extensions, usages and attributes that it asks for are never looked at.
///
/// # Errors
/// If it is not one PEM block with an Ed25519 request of a license server, signed by its own key.
pub fn read_request(text: &str) -> Result<KeyHolder, TrustError> {
    let der = pem::decode("CERTIFICATE REQUEST", text).map_err(|reason| TrustError::unreadable(WHAT, reason))?;
    let request = match X509CertificationRequest::from_der(&der) {
        Ok(([], request)) => request,
        Ok((_, _)) => return Err(TrustError::unreadable(WHAT, "bytes follow it")),
        Err(error) => return Err(TrustError::unreadable(WHAT, error)),
    };
    let info = &request.certification_request_info;
    let key = public_key(WHAT, &info.subject_pki)?;
    if !is_ed25519(&request.signature_algorithm) || request.signature_value.unused_bits != 0 {
        return Err(TrustError::unacceptable(WHAT, "it is not signed with Ed25519"));
    }
    request.verify_signature().map_err(|_| TrustError::unacceptable(WHAT, "it is not signed by the key it is for"))?;
    let (name, product_id) = server_subject(WHAT, &info.subject)?;
    Ok(KeyHolder { name, product_id, key })
}

const WHAT: &str = "certificate request";

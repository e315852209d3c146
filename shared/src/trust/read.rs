//! Reading the parts of a certificate that the lab relies on, and refusing every other part.

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo, X509Name};

use super::{Period, TrustError};
use crate::model::{LabTime, ProductId, PublicKey, ServerName, Span};

/// Whom a license server's certificate or certificate request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHolder {
    /// The license server's name.
    pub name: ServerName,
    /// Its Product ID.
    pub product_id: ProductId,
    /// Its public key.
    pub key: PublicKey,
}

/// The certificate in `der`, all of it.
pub(super) fn parse<'a>(what: &'static str, der: &'a [u8]) -> Result<X509Certificate<'a>, TrustError> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        Ok((_, _)) => Err(TrustError::unreadable(what, "bytes follow it")),
        Err(error) => Err(TrustError::unreadable(what, error)),
    }
}

/// Checks that the certificate is signed with Ed25519 by `issuer`.
pub(super) fn check_signature(
    what: &'static str,
    certificate: &X509Certificate<'_>,
    issuer: &X509Certificate<'_>,
) -> Result<(), TrustError> {
    let algorithms = [&certificate.signature_algorithm, &certificate.tbs_certificate.signature];
    if !algorithms.into_iter().all(is_ed25519) || certificate.signature_value.unused_bits != 0 {
        return Err(TrustError::unacceptable(what, "it is not signed with Ed25519"));
    }
    if certificate.issuer().as_raw() != issuer.subject().as_raw() {
        return Err(TrustError::unacceptable(what, "another issuer signed it"));
    }
    certificate
        .verify_signature(Some(issuer.public_key()))
        .map_err(|_| TrustError::unacceptable(what, "its signature does not match its issuer's key"))
}

/// Whether an algorithm is Ed25519, which has no parameters.
pub(super) fn is_ed25519(algorithm: &AlgorithmIdentifier<'_>) -> bool {
    algorithm.algorithm.to_id_string() == ED25519 && algorithm.parameters.is_none()
}

/// The Ed25519 key in a certificate or request.
pub(super) fn public_key(what: &'static str, info: &SubjectPublicKeyInfo<'_>) -> Result<PublicKey, TrustError> {
    let error = || TrustError::unacceptable(what, "its key is not Ed25519");
    if info.algorithm.algorithm.to_id_string() != ED25519 || info.algorithm.parameters.is_some() || info.subject_public_key.unused_bits != 0
    {
        return Err(error());
    }
    let bytes: &[u8] = &info.subject_public_key.data;
    let bytes: [u8; 32] = bytes.try_into().map_err(|_| error())?;
    PublicKey::from_bytes(bytes).ok_or_else(|| TrustError::unacceptable(what, "its key is one under which anybody could sign"))
}

/// When the certificate holds: NotAfter is its last second, so the end is one later (SPEC 0.3).
pub(super) fn period(certificate: &X509Certificate<'_>) -> Period {
    let validity = certificate.validity();
    let from = LabTime::from_unix(validity.not_before.timestamp());
    Period { from, until: LabTime::from_unix(validity.not_after.timestamp()) + Span::seconds(1) }
}

/// The subject's attributes in order, as object identifier and text.
pub(super) fn attributes<'a>(what: &'static str, name: &'a X509Name<'_>) -> Result<Vec<(String, &'a str)>, TrustError> {
    let mut found = Vec::new();
    for set in name.iter_rdn() {
        let mut members = set.iter();
        let (Some(attribute), None) = (members.next(), members.next()) else {
            return Err(TrustError::unacceptable(what, "its subject has a multi-valued part"));
        };
        let text = attribute.as_str().map_err(|_| TrustError::unacceptable(what, "its subject holds something that is not text"))?;
        found.push((attribute.attr_type().to_id_string(), text));
    }
    Ok(found)
}

/// Name and Product ID in the subject of a license server.
pub(super) fn server_subject(what: &'static str, subject: &X509Name<'_>) -> Result<(ServerName, ProductId), TrustError> {
    let attributes = attributes(what, subject)?;
    let parts: Vec<(&str, &str)> = attributes.iter().map(|(oid, text)| (oid.as_str(), *text)).collect();
    match parts.as_slice() {
        [(O, ORGANIZATION), (CN, name), (SERIAL_NUMBER, product)] => Ok((exact(what, name)?, exact(what, product)?)),
        _ => Err(TrustError::unacceptable(what, "its subject does not name a license server of a lab: organization, name, Product ID")),
    }
}

/// The name in the subject of a root.
pub(super) fn root_subject(what: &'static str, subject: &X509Name<'_>) -> Result<ServerName, TrustError> {
    let attributes = attributes(what, subject)?;
    let parts: Vec<(&str, &str)> = attributes.iter().map(|(oid, text)| (oid.as_str(), *text)).collect();
    match parts.as_slice() {
        [(O, ORGANIZATION), (OU, ROOT_UNIT), (CN, name)] => exact(what, name),
        _ => Err(TrustError::unacceptable(what, "its subject does not name the root of a lab")),
    }
}

/// Checks a root's extensions: a CA over one more CA, for nothing but signing certificates.
pub(super) fn check_root_extensions(what: &'static str, certificate: &X509Certificate<'_>) -> Result<(), TrustError> {
    check_extensions(what, certificate, 1, SIGNS_CERTIFICATES, &[BASIC_CONSTRAINTS, KEY_USAGE])
}

/// Checks a license server's extensions (CE-13): a CA with path length 0, its two usages, one purpose, one policy.
pub(super) fn check_server_extensions(what: &'static str, certificate: &X509Certificate<'_>) -> Result<(), TrustError> {
    let required = [BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE, CERTIFICATE_POLICIES];
    check_extensions(what, certificate, 0, SIGNS_CERTIFICATES | SIGNS_DATA, &required)
}

fn check_extensions(
    what: &'static str,
    certificate: &X509Certificate<'_>,
    path_length: u32,
    usages: u16,
    required: &[&str],
) -> Result<(), TrustError> {
    let mut seen: Vec<String> = Vec::new();
    for extension in certificate.extensions() {
        let oid = extension.oid.to_id_string();
        let good = match extension.parsed_extension() {
            ParsedExtension::BasicConstraints(basic) => extension.critical && basic.ca && basic.path_len_constraint == Some(path_length),
            ParsedExtension::KeyUsage(usage) => extension.critical && usage.flags == usages,
            ParsedExtension::ExtendedKeyUsage(purposes) => {
                let foreign = [
                    purposes.any,
                    purposes.server_auth,
                    purposes.client_auth,
                    purposes.code_signing,
                    purposes.email_protection,
                    purposes.time_stamping,
                    purposes.ocsp_signing,
                ];
                let ours: Vec<String> = purposes.other.iter().map(|oid| oid.to_id_string()).collect();
                foreign == [false; 7] && ours == [LICENSING_PURPOSE]
            }
            ParsedExtension::CertificatePolicies(policies) => {
                let ours: Vec<(String, bool)> =
                    policies.iter().map(|policy| (policy.policy_id.to_id_string(), policy.policy_qualifiers.is_some())).collect();
                extension.critical && ours == [(LAB_POLICY.to_owned(), false)]
            }
            ParsedExtension::SubjectKeyIdentifier(_) | ParsedExtension::AuthorityKeyIdentifier(_) => !extension.critical,
            _ => false,
        };
        if !good || seen.contains(&oid) {
            return Err(TrustError::unacceptable(what, format!("extension {oid} is not what a certificate of the lab carries")));
        }
        seen.push(oid);
    }
    let missing = required.iter().find(|oid| !seen.iter().any(|have| have == *oid));
    missing.map_or(Ok(()), |oid| Err(TrustError::unacceptable(what, format!("extension {oid} is missing"))))
}

/// A name in exactly its normal form, so that two spellings of one name are two names here.
fn exact<T: std::str::FromStr + std::fmt::Display>(what: &'static str, text: &str) -> Result<T, TrustError> {
    let error =
        || TrustError::unacceptable(what, format!("{:?} in its subject is not a usable name", text.chars().take(64).collect::<String>()));
    let value: T = text.parse().map_err(|_| error())?;
    if value.to_string() == text { Ok(value) } else { Err(error()) }
}

/// The organization in every subject that the lab makes.
pub(super) const ORGANIZATION: &str = "Terminal Server Licensing Lab";
/// The unit in a root's subject.
pub(super) const ROOT_UNIT: &str = "Root";

const O: &str = "2.5.4.10";
const OU: &str = "2.5.4.11";
const CN: &str = "2.5.4.3";
const SERIAL_NUMBER: &str = "2.5.4.5";
const ED25519: &str = "1.3.101.112";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const KEY_USAGE: &str = "2.5.29.15";
const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
const CERTIFICATE_POLICIES: &str = "2.5.29.32";
const LAB_POLICY: &str = "1.3.6.1.4.1.32473.7.1";
const LICENSING_PURPOSE: &str = "1.3.6.1.4.1.32473.7.2";
/// keyCertSign in the order of the KeyUsage bits.
const SIGNS_CERTIFICATES: u16 = 1 << 5;
/// digitalSignature in the order of the KeyUsage bits.
const SIGNS_DATA: u16 = 1;

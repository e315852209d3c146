//! Packs as signed tokens: from one clearinghouse, for exactly one license server (AC-30).

use serde::{Deserialize, Serialize};

use super::token::{ALGORITHM, Token, encode_part, seal};
use super::{PackFlaw, SigningKey, TrustError};
use crate::model::{LabTime, Pack, PackId, ProductId, PublicKey, ServerName};

/// Signs a pack for the license server with Product ID `product_id`. The same facts give the same token.
///
/// # Errors
/// If the key does not sign, which an accepted key does.
pub fn seal_pack(
    pack: &Pack,
    product_id: &ProductId,
    issued_at: LabTime,
    clearinghouse: &ServerName,
    key: &SigningKey,
) -> Result<String, TrustError> {
    let header = Header { alg: ALGORITHM.to_owned(), typ: PACK_TYPE.to_owned(), kid: key.public().thumbprint() };
    let claims =
        Claims { iss: clearinghouse.clone(), aud: product_id.clone(), iat: issued_at.unix(), jti: pack.id.clone(), pack: pack.clone() };
    seal(&encode_part(&header)?, &claims, key)
}

/// The pack in a token that `clearinghouse`, a trusted key, has signed for `product_id`.
///
/// # Errors
/// What is wrong with it: nothing of a flawed pack may be used.
pub fn open_pack(token: &str, clearinghouse: &PublicKey, product_id: &ProductId) -> Result<Pack, PackFlaw> {
    let token = Token::parse(token).map_err(PackFlaw::Damaged)?;
    if token.algorithm().map_err(PackFlaw::Damaged)?.as_deref() != Some(ALGORITHM) {
        return Err(PackFlaw::Untrusted);
    }
    let header: Header = token.header().map_err(PackFlaw::Damaged)?;
    if header.typ != PACK_TYPE {
        return Err(PackFlaw::Damaged(format!("it is a token of type {:?}, not a pack", header.typ)));
    }
    let claims: Claims = token.claims().map_err(PackFlaw::Damaged)?;
    if header.kid != clearinghouse.thumbprint() || !token.is_signed_by(clearinghouse) {
        return Err(PackFlaw::Untrusted);
    }
    if claims.jti != claims.pack.id {
        return Err(PackFlaw::Damaged("its id and its pack's id differ".to_owned()));
    }
    if claims.aud == *product_id { Ok(claims.pack) } else { Err(PackFlaw::ForAnother(claims.aud.to_string())) }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: ServerName,
    aud: ProductId,
    iat: i64,
    jti: PackId,
    pack: Pack,
}

const PACK_TYPE: &str = "tsl-pack+jwt";

//! Typed codes that nobody can make without a key: License Server IDs, key pack IDs, confirmation codes (AC-02, AC-03, AC-22).
//!
//! A code of 35 characters has no room for a signature, but for a MAC. Its key is derived by both sides from a static X25519
//! agreement: the clearinghouse's key is published with the root, the license server's travels with its Product ID. Whoever
//! holds one of the two private keys can make codes for that one license server, and nobody else can: docs/CODES.md says
//! what that proves and to whom.

use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey, X25519};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::TrustError;
use crate::model::code::{CodeKind, GROUP_BITS, Mistyped, as_typed, read_groups, write_groups};
use crate::model::{
    AgreementKey, ConfirmationCode, LabTime, LicenseServerId, Pack, PackId, PackKind, ProductId, ProductType, ProductVersion, PublicKey,
    RequestId, Span, hex,
};

/// The private half of a service's key agreement key. Never shown by `Debug`.
pub struct AgreementSecret {
    private: PrivateKey,
    public: AgreementKey,
}

impl AgreementSecret {
    /// The key of these 32 random bytes.
    ///
    /// # Errors
    /// If the cryptographic library refuses them, which it does not.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, TrustError> {
        const FAULT: TrustError = TrustError::Key("it is no X25519 key");
        let private = PrivateKey::from_private_key(&X25519, bytes).map_err(|_| FAULT)?;
        let public = private.compute_public_key().map_err(|_| FAULT)?;
        let public = public.as_ref().try_into().map(AgreementKey::from_bytes).map_err(|_| FAULT)?;
        Ok(Self { private, public })
    }

    /// The text form that a key file holds: base64url. A secret.
    #[must_use]
    pub fn text_of(bytes: &[u8; 32]) -> String {
        format!("{}\n", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// A key from the text form of a key file.
    ///
    /// # Errors
    /// If the text is not 32 bytes of base64url.
    pub fn from_text(text: &str) -> Result<Self, TrustError> {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        Self::from_bytes(&bytes.ok_or(TrustError::Key("it is not 32 bytes of base64url"))?)
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> AgreementKey {
        self.public
    }

    /// At a license server: the key of the codes that its clearinghouse makes for it.
    ///
    /// # Errors
    /// If the clearinghouse's key is none.
    pub fn codes_from(&self, clearinghouse: &AgreementKey, product_id: &ProductId) -> Result<CodeKey, TrustError> {
        self.derive(clearinghouse, [clearinghouse, &self.public], product_id)
    }

    /// At the clearinghouse: the key of the codes for one license server.
    ///
    /// # Errors
    /// If the license server's key is none.
    pub fn codes_for(&self, server: &AgreementKey, product_id: &ProductId) -> Result<CodeKey, TrustError> {
        self.derive(server, [&self.public, server], product_id)
    }

    fn derive(&self, peer: &AgreementKey, both: [&AgreementKey; 2], product_id: &ProductId) -> Result<CodeKey, TrustError> {
        let fault = TrustError::unacceptable("key agreement key", "nothing can be agreed with it");
        let [clearinghouse, server] = both;
        let info = [clearinghouse.as_bytes().as_slice(), server.as_bytes().as_slice(), product_id.as_str().as_bytes()];
        let peer = UnparsedPublicKey::new(&X25519, peer.as_bytes());
        let key = agreement::agree(&self.private, peer, (), |secret| {
            let pseudo_random = Salt::new(HKDF_SHA256, SALT).extract(secret);
            let okm = pseudo_random.expand(&info, hmac::HMAC_SHA256).map_err(|_| ())?;
            Ok(hmac::Key::from(okm))
        });
        key.map(|key| CodeKey { key, product_id: product_id.clone() }).map_err(|()| fault)
    }
}

impl std::fmt::Debug for AgreementSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("AgreementSecret").field("public", &self.public).finish_non_exhaustive()
    }
}

/// Makes and checks the typed codes between one clearinghouse and one license server with one Product ID.
#[derive(Clone)]
pub struct CodeKey {
    key: hmac::Key,
    product_id: ProductId,
}

/// What a License Server ID says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// Which of the server's activations it is, from 1: an id of an earlier one is not taken again.
    pub number: u16,
    /// The registration's end (AC-27): the beginning of a day.
    pub until: LabTime,
}

/// Why a typed code is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeFlaw {
    /// It was mistyped.
    #[error("{0}")]
    Mistyped(#[from] Mistyped),
    /// Every group is right, but it was not made for this license server.
    #[error(
        "every group of the {} is right, but it was not issued to the license server with Product ID {product_id} and its key", kind.title()
    )]
    Foreign {
        /// What it is.
        kind: CodeKind,
        /// The Product ID of the server that it was tried at.
        product_id: ProductId,
    },
}

impl CodeKey {
    /// The License Server ID of an activation. The end is cut to the beginning of its day.
    #[must_use]
    pub fn license_server_id(&self, granted: Granted) -> Option<LicenseServerId> {
        let mut bits = Bits::default();
        bits.push(u64::from(granted.number), NUMBER_BITS);
        bits.push(day_of(granted.until), DAY_BITS);
        self.seal(CodeKind::LicenseServerId, bits).parse().ok()
    }

    /// What a License Server ID says, where it was made for this server.
    ///
    /// # Errors
    /// Which groups are mistyped, or that it is another server's.
    pub fn open_license_server_id(&self, id: &LicenseServerId) -> Result<Granted, CodeFlaw> {
        let mut bits = self.open(CodeKind::LicenseServerId, id.as_str(), NUMBER_BITS + DAY_BITS)?;
        let number = u16::try_from(bits.take(NUMBER_BITS)).unwrap_or(0);
        let day = u32::try_from(bits.take(DAY_BITS)).unwrap_or(0);
        Ok(Granted { number, until: LabTime::from_unix(0) + Span::days(day) })
    }

    /// The id of a pack of these facts; `serial` tells two packs of the same facts apart (its lower 31 bits count).
    ///
    /// None where the quantity does not fit, which no pack's does.
    #[must_use]
    pub fn key_pack_id(
        &self,
        kind: PackKind,
        version: ProductVersion,
        product_type: ProductType,
        total: u32,
        serial: u32,
    ) -> Option<PackId> {
        if total >> QUANTITY_BITS != 0 {
            return None;
        }
        let mut bits = Bits::default();
        bits.push(u64::from(code_of(&KINDS, &kind)?), KIND_BITS);
        bits.push(u64::from(code_of(&VERSIONS, &version)?), VERSION_BITS);
        bits.push(u64::from(code_of(&TYPES, &product_type)?), TYPE_BITS);
        bits.push(u64::from(total), QUANTITY_BITS);
        bits.push(u64::from(serial), SERIAL_BITS);
        self.seal(CodeKind::KeyPackId, bits).parse().ok()
    }

    /// The pack that a typed id stands for, where it was made for this server.
    ///
    /// # Errors
    /// Which groups are mistyped, or that it is another server's.
    pub fn open_key_pack_id(&self, id: &PackId) -> Result<Pack, CodeFlaw> {
        let payload = KIND_BITS + VERSION_BITS + TYPE_BITS + QUANTITY_BITS + SERIAL_BITS;
        let mut bits = self.open(CodeKind::KeyPackId, id.as_str(), payload)?;
        let kind = KINDS.get(bits.take_index(KIND_BITS)).copied();
        let version = VERSIONS.get(bits.take_index(VERSION_BITS)).copied();
        let product_type = TYPES.get(bits.take_index(TYPE_BITS)).copied();
        let total = u32::try_from(bits.take(QUANTITY_BITS)).unwrap_or(0);
        match (kind, version, product_type) {
            (Some(kind), Some(version), Some(product_type)) if total > 0 => Ok(Pack { id: id.clone(), kind, version, product_type, total }),
            _ => Err(self.foreign(CodeKind::KeyPackId)),
        }
    }

    /// The code that confirms the deactivation of this server's activation `number` (AC-22).
    #[must_use]
    pub fn confirmation(&self, number: u16) -> Option<ConfirmationCode> {
        let tag = self.tag(CodeKind::Confirmation, &number.to_be_bytes());
        let mut bits = Bits::default();
        bits.push_bytes(&tag, CodeKind::Confirmation.groups() * GROUP);
        write_groups(CodeKind::Confirmation, bits.groups()).parse().ok()
    }

    /// Whether a confirmation code is the one for this activation.
    ///
    /// # Errors
    /// Which groups are mistyped, or that it is for another server or another activation.
    pub fn confirms(&self, code: &ConfirmationCode, number: u16) -> Result<(), CodeFlaw> {
        read_groups(CodeKind::Confirmation, code.as_str())?;
        let right = self.confirmation(number).is_some_and(|right| equal(right.as_str(), code.as_str()));
        if right { Ok(()) } else { Err(self.foreign(CodeKind::Confirmation)) }
    }

    /// What a license server shows at an automatic request to prove that the key agreement key on its books is its own: a MAC over
    /// the key that it is to be known by, good for this request only (AM-15).
    #[must_use]
    pub fn ownership(&self, key: &PublicKey, request: &RequestId) -> String {
        let message = format!("tsl-key-agreement-owner\0{key}\0{request}");
        hex(hmac::sign(&self.key, message.as_bytes()).as_ref())
    }

    /// Whether that was made with this very key.
    #[must_use]
    pub fn shows_ownership(&self, shown: &str, key: &PublicKey, request: &RequestId) -> bool {
        equal(&self.ownership(key, request), shown)
    }

    /// Fills what the facts leave of the code's bits with the MAC.
    fn seal(&self, kind: CodeKind, mut bits: Bits) -> String {
        let tag = self.tag(kind, &bits.bytes().collect::<Vec<u8>>());
        let room = kind.groups() * GROUP - bits.len();
        bits.push_bytes(&tag, room);
        write_groups(kind, bits.groups())
    }

    fn open(&self, kind: CodeKind, code: &str, payload: usize) -> Result<Bits, CodeFlaw> {
        let mut bits = Bits::default();
        for group in read_groups(kind, code)? {
            bits.push(u64::from(group), GROUP);
        }
        if equal(&self.seal(kind, bits.first(payload)), code) { Ok(bits) } else { Err(self.foreign(kind)) }
    }

    fn tag(&self, kind: CodeKind, payload: &[u8]) -> [u8; 32] {
        let mut message = kind.title().as_bytes().to_vec();
        message.push(0);
        message.extend_from_slice(payload);
        let mut tag = [0; 32];
        tag.copy_from_slice(hmac::sign(&self.key, &message).as_ref());
        tag
    }

    fn foreign(&self, kind: CodeKind) -> CodeFlaw {
        CodeFlaw::Foreign { kind, product_id: self.product_id.clone() }
    }
}

impl std::fmt::Debug for CodeKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("CodeKey").field("product_id", &self.product_id).finish_non_exhaustive()
    }
}

/// A license server's key agreement key as it is pasted on a page or read out: 14 groups, the last 10 bits of which belong to
/// the Product ID, so that a key and a Product ID that do not go together are noticed at once.
#[must_use]
pub fn key_text(key: &AgreementKey, product_id: &ProductId) -> String {
    let mut bits = Bits::default();
    bits.push_bytes(key.as_bytes(), 256);
    bits.push(product_check(product_id), PRODUCT_BITS);
    write_groups(CodeKind::KeyText, bits.groups())
}

/// The key in a key text, as a person typed it.
///
/// # Errors
/// Which groups are mistyped, or that it belongs to another Product ID.
pub fn read_key_text(text: &str, product_id: &ProductId) -> Result<AgreementKey, CodeFlaw> {
    let mut bits = Bits::default();
    for group in read_groups(CodeKind::KeyText, &as_typed(text))? {
        bits.push(u64::from(group), GROUP);
    }
    let mut key = [0; 32];
    for byte in &mut key {
        *byte = u8::try_from(bits.take(8)).unwrap_or(0);
    }
    if bits.take(PRODUCT_BITS) == product_check(product_id) {
        return Ok(AgreementKey::from_bytes(key));
    }
    Err(CodeFlaw::Foreign { kind: CodeKind::KeyText, product_id: product_id.clone() })
}

fn product_check(product_id: &ProductId) -> u64 {
    let digest = Sha256::digest(product_id.as_str());
    digest.iter().take(2).fold(0u64, |value, byte| value << 8 | u64::from(*byte)) >> (16 - PRODUCT_BITS)
}

/// A row of up to 320 bits, first in, first out.
#[derive(Clone, Debug, Default)]
struct Bits {
    words: [u64; 5],
    len: usize,
    taken: usize,
}

impl Bits {
    /// Adds the lower `count` bits of `value`, at most 64.
    fn push(&mut self, value: u64, count: usize) {
        let value = if count < 64 { value & ((1 << count) - 1) } else { value };
        let (word, used) = (self.len / 64, self.len % 64);
        let free = 64 - used;
        if let Some(word) = self.words.get_mut(word) {
            *word |= if count <= free { value << (free - count) } else { value >> (count - free) };
        }
        if count > free
            && let Some(word) = self.words.get_mut(word + 1)
        {
            *word |= value << (64 - (count - free));
        }
        self.len += count;
    }

    /// Adds the first `count` bits of `bytes`.
    fn push_bytes(&mut self, bytes: &[u8], count: usize) {
        for (byte, place) in bytes.iter().zip((0..count).step_by(8)) {
            let bits = (count - place).min(8);
            self.push(u64::from(byte >> (8 - bits)), bits);
        }
    }

    /// The `count` bits from `from` on, at most 64; what was never pushed is 0.
    fn at(&self, from: usize, count: usize) -> u64 {
        let word = |index: usize| u128::from(self.words.get(index).copied().unwrap_or(0));
        let two = word(from / 64) << 64 | word(from / 64 + 1);
        let bits = two << (from % 64) >> (128 - count);
        u64::try_from(bits).unwrap_or(0)
    }

    fn take(&mut self, count: usize) -> u64 {
        self.taken += count;
        self.at(self.taken - count, count)
    }

    fn take_index(&mut self, count: usize) -> usize {
        usize::try_from(self.take(count)).unwrap_or(usize::MAX)
    }

    fn len(&self) -> usize {
        self.len
    }

    /// The row of its first `count` bits, at most 64.
    fn first(&self, count: usize) -> Self {
        let mut first = Self::default();
        first.push(self.at(0, count), count);
        first
    }

    fn bytes(&self) -> impl Iterator<Item = u8> {
        (0..self.len).step_by(8).map(|from| u8::try_from(self.at(from, 8)).unwrap_or(0))
    }

    fn groups(&self) -> impl Iterator<Item = u32> {
        (0..self.len).step_by(GROUP).map(|from| u32::try_from(self.at(from, GROUP)).unwrap_or(0))
    }
}

fn day_of(moment: LabTime) -> u64 {
    u64::try_from(moment.unix().div_euclid(Span::DAY.as_seconds())).unwrap_or(0).min((1 << DAY_BITS) - 1)
}

fn code_of<T: PartialEq>(all: &[T], one: &T) -> Option<u32> {
    all.iter().position(|known| known == one).and_then(|at| u32::try_from(at).ok())
}

/// Compares in a time that does not tell how much of a guess was right.
fn equal(one: &str, other: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

/// What separates these keys from all others that could be derived from the same two.
const SALT: &[u8] = b"terminal server licensing lab: typed codes, 1";
const GROUP: usize = GROUP_BITS as usize;
const NUMBER_BITS: usize = 16;
const DAY_BITS: usize = 20;
const KIND_BITS: usize = 3;
const VERSION_BITS: usize = 3;
const TYPE_BITS: usize = 1;
const QUANTITY_BITS: usize = 14;
const SERIAL_BITS: usize = 31;
const PRODUCT_BITS: usize = 10;
/// Their order is part of every code that was ever issued: new ones stand at the end.
const KINDS: [PackKind; 3] = [PackKind::Retail, PackKind::Volume, PackKind::Open];
const TYPES: [ProductType; 2] = [ProductType::Device, ProductType::User];
const VERSIONS: [ProductVersion; 4] = [ProductVersion::V4_0, ProductVersion::V5_0, ProductVersion::V5_2, ProductVersion::V6_0];

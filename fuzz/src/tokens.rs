//! Licenses and packs: nobody but the holder of a key makes one, and what one says can be said again.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::model::LabTime;
use shared::trust::{SigningKey, open_license, open_pack, peek_license, seal_pack, signer_of};

use crate::world::{World, in_header, product, world};

/// A token as it comes; or, where it is two lines of JSON, header and contents of one, signed by license server and clearinghouse.
/// `ACTIVATED` and `ITSELF` in a header stand for the license server's two certificates.
pub fn token(data: &[u8]) {
    let world = world();
    let Ok(text) = std::str::from_utf8(data) else { return };
    match text.split_once('\n') {
        Some((header, contents)) => {
            let header = header.replace("ACTIVATED", &in_header(world.activated.certificate()));
            let header = header.replace("ITSELF", &in_header(world.itself.certificate()));
            license(world, &signed(&header, contents, &world.key), false);
            pack(world, &signed(&header, contents, &world.root_key), false);
        }
        None => {
            license(world, text, true);
            pack(world, text, true);
        }
    }
}

fn signed(header: &str, contents: &str, key: &SigningKey) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(contents));
    let signature = key.sign(message.as_bytes()).unwrap();
    format!("{message}.{signature}")
}

/// `foreign`: nobody here has signed it, so that it opens only where it is one that the license server makes too, to the letter.
fn license(world: &World, token: &str, foreign: bool) {
    for anchors in &world.anchors {
        let Ok(cal) = open_license(token, anchors) else { continue };
        assert_eq!(peek_license(token).as_ref(), Some(&cal));
        let signer = signer_of(token, anchors).expect("a license that opens has a signer");
        assert_eq!((&signer.name, signer.key), (&cal.issuer, world.key.public()));
        let made: Vec<String> = world.seals.iter().map(|seal| seal.seal_license(&cal).unwrap()).collect();
        assert!(made.iter().any(|made| open_license(made, anchors).as_ref() == Ok(&cal)), "it cannot be made again");
        assert!(!foreign || made.iter().any(|made| made == token), "a license that nobody made: {token}");
    }
    let _ = signer_of(token, &world.anchors[0]);
}

fn pack(world: &World, token: &str, foreign: bool) {
    let Ok(pack) = open_pack(token, &world.root_key.public(), &product()) else { return };
    let made = seal_pack(&pack, &product(), issued_at(), world.root.name(), &world.root_key).unwrap();
    assert_eq!(open_pack(&made, &world.root_key.public(), &product()), Ok(pack));
    assert!(!foreign || made == token, "a pack that nobody made: {token}");
}

/// When the packs of the seeds were issued.
pub(crate) fn issued_at() -> LabTime {
    "2026-11-23T14:00:00Z".parse().unwrap()
}

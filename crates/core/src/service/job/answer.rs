//! The stored answers of QuickBooks: compressed, sealed, and in parts that fit into items of the table.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use crate::model::desktop::end_user::EndUserName;
use crate::model::desktop::job::PART_MOST;
use crate::model::secret::{Sealed, Secret};
use crate::service::job::sealing_owner;
use crate::{App, Error};

/// The purpose of a sealed part of an answer.
pub(crate) const PART: &str = "part";
/// The largest document that is read back, in bytes. A Web Connector sends 6 MB at most.
const DOCUMENT_MOST: u64 = 16 * 1024 * 1024;

/// Compresses and seals a document.
pub(crate) async fn sealed_parts(app: &App, end_user: &EndUserName, document: &Secret) -> Result<Vec<Sealed>, Error> {
    let text = compressed(document.expose().as_bytes())?;
    let mut parts = Vec::new();
    for part in text.as_bytes().chunks(PART_MOST) {
        let part = Secret::new(std::str::from_utf8(part).map_err(|_| unreadable())?);
        parts.push(app.sealer.seal(&sealing_owner(end_user), PART, &part).await?);
    }
    Ok(parts)
}

/// Opens the parts of a document.
pub(crate) async fn opened(app: &App, end_user: &EndUserName, parts: &[Sealed]) -> Result<Secret, Error> {
    let mut text = String::new();
    for part in parts {
        text.push_str(app.sealer.open(&sealing_owner(end_user), PART, part).await?.expose());
    }
    let bytes = STANDARD_NO_PAD.decode(text).map_err(|_| unreadable())?;
    let mut document = String::new();
    let mut decoder = DeflateDecoder::new(bytes.as_slice()).take(DOCUMENT_MOST);
    decoder.read_to_string(&mut document).map_err(|_| unreadable())?;
    Ok(Secret::new(document))
}

fn compressed(document: &[u8]) -> Result<String, Error> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(document).map_err(|_| unreadable())?;
    encoder.finish().map(|bytes| STANDARD_NO_PAD.encode(bytes)).map_err(|_| unreadable())
}

fn unreadable() -> Error {
    Error::Internal("the answer of QuickBooks could not be compressed or read back".to_owned())
}

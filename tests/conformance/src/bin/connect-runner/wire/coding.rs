//! Compressions and codecs of messages.

use std::io::{Read as _, Write as _};

use anyhow::{Result, bail};
use conformance::connect::{Codec, Compression};
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use prost_types::Any;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use crate::schema::Schema;

/// No message of the suite is larger.
const LARGEST: u64 = 4 << 20;

/// Bytes as the header of an encoding says that they are; without one they are as they are.
pub(crate) fn decompress(encoding: Option<&str>, bytes: &[u8]) -> Result<Vec<u8>> {
    match encoding {
        None | Some("identity") => Ok(bytes.to_vec()),
        Some("gzip") => {
            let mut out = Vec::new();
            GzDecoder::new(bytes).take(LARGEST).read_to_end(&mut out)?;
            Ok(out)
        }
        Some(other) => bail!("the encoding {other:?}"),
    }
}

pub(crate) fn compress(compression: Compression, bytes: &[u8]) -> Result<Vec<u8>> {
    match compression {
        Compression::Unspecified | Compression::Identity => Ok(bytes.to_vec()),
        Compression::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(bytes)?;
            Ok(encoder.finish()?)
        }
        Compression::Zstd => Ok(compress_to_vec(bytes, CompressionLevel::Fastest)),
        other => bail!("no case of ours uses {other:?}"),
    }
}

/// A message in the form of a codec, as bytes of protobuf.
pub(crate) fn message(schema: &Schema, codec: Codec, name: &str, bytes: &[u8]) -> Result<Vec<u8>> {
    if codec == Codec::Json {
        return schema.parse(name, serde_json::from_slice(bytes)?);
    }
    let any = Any { type_url: name.to_owned(), value: bytes.to_vec() };
    // To see that it is one.
    schema.unpack(&any)?;
    Ok(any.value)
}

/// A message in the form of a codec, of its bytes in protobuf.
pub(crate) fn encoded(schema: &Schema, codec: Codec, message: &Any) -> Result<Vec<u8>> {
    match codec {
        Codec::Json => Ok(serde_json::to_vec(&schema.unpack(message)?)?),
        _ => Ok(message.value.clone()),
    }
}

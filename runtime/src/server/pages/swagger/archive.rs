//! The archive that has Swagger UI. It is part of the program, so all that is read is known to be there.

use std::io::Read as _;

use bytes::Bytes;
use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive};

/// A file of an archive: its content, and the same in gzip where the archive has it compressed.
pub(super) struct Unpacked {
    pub(super) content: Bytes,
    pub(super) gzip: Option<Bytes>,
}

impl Unpacked {
    /// The file of this path below the one folder that the archive has. `None` if there is none, or if it is packed
    /// in another way than what a browser reads.
    pub(super) fn find(archive: &[u8], path: &str) -> Result<Option<Self>, rawzip::Error> {
        let archive = ZipArchive::from_slice(archive)?;
        let mut entries = archive.entries();
        while let Some(entry) = entries.next_entry()? {
            let name = entry.file_path().try_normalize()?;
            if entry.is_dir() || name.as_ref().split_once('/').is_none_or(|(_, below)| below != path) {
                continue;
            }
            let packed = archive.get_entry(entry.wayfinder())?;
            let mut content = Vec::new();
            let gzip = match entry.compression_method() {
                CompressionMethod::STORE => {
                    packed.verifying_reader(packed.data()).read_to_end(&mut content)?;
                    None
                }
                CompressionMethod::DEFLATE => {
                    packed.verifying_reader(DeflateDecoder::new(packed.data())).read_to_end(&mut content)?;
                    Some(gzip(packed.data(), entry.crc32(), content.len()))
                }
                _ => return Ok(None),
            };
            return Ok(Some(Self { content: content.into(), gzip }));
        }
        Ok(None)
    }
}

/// What is compressed in a ZIP archive, in gzip's frame: it is the same compression (RFC 1952, section 2.3.1).
fn gzip(deflated: &[u8], crc32: u32, size: usize) -> Bytes {
    /// Deflate, without a name or a time, from no particular system.
    const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let size = u32::try_from(size).expect("a file of a program is below 4 GiB");
    [&HEAD, deflated, &crc32.to_le_bytes(), &size.to_le_bytes()].concat().into()
}

//! Reads the ZIP archive that has Swagger UI. It is part of the program, so all that is read is known to be there.

use std::io::Read as _;

use bytes::Bytes;
use flate2::read::DeflateDecoder;

/// How the content of a file is kept.
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// A file of an archive.
pub(super) struct Packed<'a> {
    bytes: &'a [u8],
    method: u16,
    size: u32,
    crc: u32,
}

impl<'a> Packed<'a> {
    /// The file of this name, below the one folder that the archive has.
    pub(super) fn find(archive: &'a [u8], name: &str) -> Option<Self> {
        let end = archive.windows(4).rposition(|at| at == b"PK\x05\x06")?;
        let mut at = number(archive, end + 16, 4)? as usize;
        for _ in 0..number(archive, end + 10, 2)? {
            let lengths = [28, 30, 32].map(|field| number(archive, at + field, 2));
            let [path, extra, comment] = lengths.map(|length| length.map(|length| length as usize));
            let (path, rest) = (archive.get(at + 46..at + 46 + path?)?, extra? + comment?);
            if std::str::from_utf8(path).ok()?.split_once('/').is_some_and(|(_, path)| path == name) {
                return Self::at(archive, at);
            }
            at += 46 + path.len() + rest;
        }
        None
    }

    /// The file that an entry of the directory is about.
    fn at(archive: &'a [u8], entry: usize) -> Option<Self> {
        let method = u16::try_from(number(archive, entry + 10, 2)?).ok()?;
        let [crc, packed, size, head] = [16, 20, 24, 42].map(|field| number(archive, entry + field, 4));
        let head = head? as usize;
        let start = head + 30 + (number(archive, head + 26, 2)? + number(archive, head + 28, 2)?) as usize;
        Some(Self { bytes: archive.get(start..start + packed? as usize)?, method, size: size?, crc: crc? })
    }

    /// Its content.
    pub(super) fn content(&self) -> Option<Bytes> {
        let mut content = Vec::with_capacity(self.size as usize);
        match self.method {
            STORED => content.extend_from_slice(self.bytes),
            DEFLATED => {
                DeflateDecoder::new(self.bytes).read_to_end(&mut content).ok()?;
            }
            _ => return None,
        }
        (content.len() == self.size as usize).then(|| content.into())
    }

    /// The same in gzip, which is the same compression in another frame.
    pub(super) fn gzip(&self) -> Option<Bytes> {
        /// Deflate, without a name or a time, from no particular system (RFC 1952).
        const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
        let framed =
            || [&HEAD, self.bytes, &self.crc.to_le_bytes(), &self.size.to_le_bytes()].concat().into();
        (self.method == DEFLATED).then(framed)
    }
}

/// A number in some bytes of an archive, the lowest byte first.
fn number(archive: &[u8], at: usize, bytes: usize) -> Option<u32> {
    let bytes = archive.get(at..at + bytes)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number_of(bytes: usize, n: usize) -> Vec<u8> {
        n.to_le_bytes()[..bytes].to_vec()
    }

    /// An archive of one file that is kept as it is, behind some other bytes.
    fn archive(path: &str, content: &str, method: usize) -> Vec<u8> {
        let mut out = b"PK??".to_vec();
        let head = out.len();
        out.extend([vec![0; 26], number_of(2, path.len()), number_of(2, 3)].concat());
        out.extend([path.as_bytes(), b"ext", content.as_bytes()].concat());
        let directory = out.len();
        let sizes = [0x0403_0201, content.len(), content.len()].map(|n| number_of(4, n)).concat();
        out.extend([vec![0; 10], number_of(2, method), vec![0; 4], sizes].concat());
        out.extend([path.len(), 2, 1].map(|n| number_of(2, n)).concat());
        out.extend([vec![0; 8], number_of(4, head), path.as_bytes().to_vec(), b"exc".to_vec()].concat());
        out.extend([b"PK\x05\x06".to_vec(), vec![0; 6], number_of(2, 1), vec![0; 4]].concat());
        out.extend([number_of(4, directory), b"\x05\x00a PK!".to_vec()].concat());
        out
    }

    #[test]
    fn a_file_is_found_by_its_name_below_the_folder() {
        let archive = archive("swagger-ui-1/dist/a.js", "hello", 0);
        let found = Packed::find(&archive, "dist/a.js").unwrap();
        assert_eq!(found.content().unwrap(), "hello");
        assert_eq!(found.crc, 0x0403_0201);
        assert!(found.gzip().is_none(), "it is not compressed");
        for other in ["a.js", "swagger-ui-1/dist/a.js", "dist/a.j", "", "dist/a.js.map"] {
            assert!(Packed::find(&archive, other).is_none(), "{other}");
        }
    }

    #[test]
    fn what_is_cut_off_or_packed_otherwise_is_none() {
        let whole = archive("x/a", "hello", 0);
        for length in 0..whole.len() - 8 {
            assert!(Packed::find(&whole[..length], "a").is_none(), "{length}");
        }
        for method in [1, 8, 9] {
            let archive = archive("x/a", "hello", method);
            assert!(Packed::find(&archive, "a").unwrap().content().is_none(), "{method}");
        }
    }
}

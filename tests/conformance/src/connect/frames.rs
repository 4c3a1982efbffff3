//! How the suite's programs are spoken to: on standard input and output, each message behind its length in four bytes, big
//! end first.

use std::io::{Error, ErrorKind, Result};

use prost::Message;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Beyond this a length is none: the other side wrote something else.
const LARGEST: u32 = 64 << 20;

/// Reads a message; `None` at the end of the input.
pub async fn read<M: Message + Default>(input: &mut (impl AsyncRead + Unpin)) -> Result<Option<M>> {
    let mut prefix = [0; 4];
    let first = input.read(&mut prefix).await?;
    if first == 0 {
        return Ok(None);
    }
    input.read_exact(&mut prefix[first..]).await?;
    let length = u32::from_be_bytes(prefix);
    if length > LARGEST {
        return Err(invalid(format!("a message of {length} bytes is none")));
    }
    let mut bytes = vec![0; length as usize];
    input.read_exact(&mut bytes).await?;
    M::decode(&*bytes).map(Some).map_err(|error| invalid(error.to_string()))
}

/// Writes a message.
pub async fn write(output: &mut (impl AsyncWrite + Unpin), message: &impl Message) -> Result<()> {
    let length = message.encoded_len();
    let prefix =
        u32::try_from(length).map_err(|_| invalid(format!("a message of {length} bytes is too large")))?;
    let mut bytes = Vec::with_capacity(4 + length);
    bytes.extend_from_slice(&prefix.to_be_bytes());
    bytes.extend_from_slice(&message.encode_to_vec());
    output.write_all(&bytes).await?;
    output.flush().await
}

fn invalid(reason: String) -> Error {
    Error::new(ErrorKind::InvalidData, reason)
}

#[cfg(test)]
mod tests {
    use super::super::Header;
    use super::*;

    #[tokio::test]
    async fn a_message_survives() {
        let header = Header { name: "x".into(), value: vec!["1".into()] };
        let mut bytes = Vec::new();
        write(&mut bytes, &header).await.unwrap();
        write(&mut bytes, &Header::default()).await.unwrap();
        assert_eq!(bytes, b"\0\0\0\x06\x0a\x01x\x12\x011\0\0\0\0");
        let mut input = &*bytes;
        assert_eq!(read(&mut input).await.unwrap(), Some(header));
        assert_eq!(read(&mut input).await.unwrap(), Some(Header::default()));
        assert_eq!(read::<Header>(&mut input).await.unwrap(), None);
    }

    #[tokio::test]
    async fn what_is_cut_off_is_an_error() {
        for bytes in [&b"\0\0"[..], b"\0\0\0\x05\x0a\x01", b"\xff\xff\xff\xff"] {
            assert!(read::<Header>(&mut &*bytes).await.is_err(), "{bytes:?}");
        }
    }
}

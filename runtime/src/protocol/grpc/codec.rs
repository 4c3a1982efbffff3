//! Messages as gRPC sends and takes them.

use std::marker::PhantomData;

use crate::bridge::Status;
use prost::Message;
use tonic::codec::{Codec, EncodeBuf, Encoder};
use tonic_prost::{ProstCodec, ProstDecoder};

use crate::json::{Json, NegativeZeros};

/// Sends `T` and takes `U`.
pub(crate) struct Protobuf<T, U>(PhantomData<(T, U)>);

impl<T, U> Protobuf<T, U> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: Message + Json + 'static, U: Message + Default + 'static> Codec for Protobuf<T, U> {
    type Encode = T;
    type Decode = U;
    type Encoder = Sending<T>;
    type Decoder = ProstDecoder<U>;

    fn encoder(&mut self) -> Sending<T> {
        Sending(PhantomData)
    }

    fn decoder(&mut self) -> ProstDecoder<U> {
        ProstCodec::<U, U>::raw_decoder(tonic::codec::BufferSettings::default())
    }
}

pub(crate) struct Sending<T>(PhantomData<T>);

impl<T: Message + Json> Encoder for Sending<T> {
    type Item = T;
    type Error = Status;

    #[inline]
    fn encode(&mut self, message: T, buf: &mut EncodeBuf<'_>) -> Result<(), Status> {
        // The buffer grows: what does not fit is more than the memory.
        message.encode(buf).map_err(|error| Status::internal(error.to_string()))?;
        NegativeZeros::append(&message, buf);
        Ok(())
    }
}

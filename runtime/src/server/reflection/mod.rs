//! Reflection, v1 and v1alpha: which services a server has, and the files that declare them.

mod index;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::bridge::Status;
use bytes::Bytes;
use futures_util::stream::StreamExt;

use self::index::{FileId, Index, Sent};
use super::error::{Problem, ServeError};
use super::generated::FILE_DESCRIPTOR_SET;
use super::generated::grpc::reflection::v1::{
    self, server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};
use super::generated::grpc::reflection::v1alpha;
use super::router::Entry;
use crate::protocol::settings::ServerSettings;
use crate::{Context, RequestStream, ResponseStream};

/// The two reflection services, which tell of `entries` and of themselves.
pub(super) fn entries(
    entries: &[Entry],
    sets: &[&'static [u8]],
    settings: ServerSettings,
) -> Result<[Entry; 2], ServeError> {
    let settings = Arc::new(settings);
    let own = [v1::SERVER_REFLECTION.name, v1alpha::SERVER_REFLECTION.name];
    let services = entries.iter().map(Entry::name).chain(own).collect();
    let reflection = Reflection(Arc::new(Known { index: index(sets)?, services }));
    Ok([
        Entry::own(v1::ServerReflectionServer::new(reflection.clone()), Arc::clone(&settings)),
        Entry::own(v1alpha::ServerReflectionServer::new(reflection), settings),
    ])
}

fn index(sets: &[&'static [u8]]) -> Result<Index, ServeError> {
    let mut index = Index::default();
    // The services of one tree share one set.
    let mut seen = BTreeSet::new();
    for set in sets.iter().chain([&FILE_DESCRIPTOR_SET]) {
        if seen.insert((set.as_ptr(), set.len())) {
            index.add(Bytes::from_static(set)).map_err(Problem::Descriptors)?;
        }
    }
    Ok(index)
}

/// Both services: their messages are the same.
#[derive(Clone)]
struct Reflection(Arc<Known>);

/// What a server can tell of itself.
struct Known {
    index: Index,
    services: BTreeSet<&'static str>,
}

impl v1::ServerReflection for Reflection {
    async fn server_reflection_info(
        &self,
        _: Context,
        requests: RequestStream<v1::ServerReflectionRequest>,
    ) -> Result<ResponseStream<v1::ServerReflectionResponse>, Status> {
        Ok(self.responses(requests))
    }
}

impl v1alpha::ServerReflection for Reflection {
    async fn server_reflection_info(
        &self,
        _: Context,
        requests: RequestStream<v1::ServerReflectionRequest>,
    ) -> Result<ResponseStream<v1::ServerReflectionResponse>, Status> {
        Ok(self.responses(requests))
    }
}

impl Reflection {
    fn responses(
        &self,
        requests: RequestStream<v1::ServerReflectionRequest>,
    ) -> ResponseStream<v1::ServerReflectionResponse> {
        let known = Arc::clone(&self.0);
        let mut sent = Sent::default();
        ResponseStream::new(requests.map(move |request| Ok(known.respond(request?, &mut sent))))
    }
}

impl Known {
    fn respond(&self, request: v1::ServerReflectionRequest, sent: &mut Sent) -> v1::ServerReflectionResponse {
        let found = self.find(request.message_request.as_ref(), sent).unwrap_or_else(|status| {
            MessageResponse::ErrorResponse(v1::ErrorResponse {
                error_code: status.code().into(),
                error_message: status.message().to_owned(),
            })
        });
        v1::ServerReflectionResponse {
            valid_host: request.host.clone(),
            original_request: Some(request),
            message_response: Some(found),
        }
    }

    fn find(&self, request: Option<&MessageRequest>, sent: &mut Sent) -> Result<MessageResponse, Status> {
        match request {
            Some(MessageRequest::FileByFilename(name)) => {
                let file = self.index.file(name);
                let file = file.ok_or_else(|| Status::not_found(format!("there is no file `{name}`")))?;
                Ok(self.files(file, sent))
            }
            Some(MessageRequest::FileContainingSymbol(name)) => {
                let file = self.index.file_of_symbol(name);
                let file = file.ok_or_else(|| Status::not_found(format!("there is no symbol `{name}`")))?;
                Ok(self.files(file, sent))
            }
            Some(MessageRequest::FileContainingExtension(extension)) => {
                let v1::ExtensionRequest { containing_type, extension_number } = extension;
                let file = self.index.file_of_extension(containing_type, *extension_number);
                let file = file.ok_or_else(|| {
                    Status::not_found(format!("`{containing_type}` has no extension {extension_number}"))
                })?;
                Ok(self.files(file, sent))
            }
            Some(MessageRequest::AllExtensionNumbersOfType(name)) => {
                let numbers = self.index.extension_numbers(name);
                let numbers =
                    numbers.ok_or_else(|| Status::not_found(format!("there is no message `{name}`")))?;
                Ok(MessageResponse::AllExtensionNumbersResponse(v1::ExtensionNumberResponse {
                    base_type_name: name.clone(),
                    extension_number: numbers,
                }))
            }
            Some(MessageRequest::ListServices(_)) => {
                let services = self.services.iter();
                Ok(MessageResponse::ListServicesResponse(v1::ListServiceResponse {
                    service: services.map(|name| v1::ServiceResponse { name: (*name).to_owned() }).collect(),
                }))
            }
            None => Err(Status::unimplemented("a request of a kind that is not known here")),
        }
    }

    fn files(&self, file: FileId, sent: &mut Sent) -> MessageResponse {
        MessageResponse::FileDescriptorResponse(v1::FileDescriptorResponse {
            file_descriptor_proto: self.index.with_imports(file, sent),
        })
    }
}

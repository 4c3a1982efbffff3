//! `files-server`: serves content as it is, with the reference and its explorer.

use std::io::{self, Write};

use peers::proto::files::v1::{FileService, FileServiceServer, PutRequest, PutResponse, ReadRequest};
use rsvc::pb::google::api::HttpBody;
use rsvc::server::Site;
use rsvc::{Authenticator, Context, Principal, RequestStream, ResponseStream, Server, Status};

struct Files;

impl FileService for Files {
    async fn put(&self, _: Context, request: PutRequest) -> Result<PutResponse, Status> {
        Ok(seen(request))
    }

    async fn echo(&self, _: Context, request: HttpBody) -> Result<HttpBody, Status> {
        Ok(request)
    }

    async fn read(
        &self,
        _: Context,
        request: ReadRequest,
    ) -> Result<ResponseStream<HttpBody, Status>, Status> {
        let lines = (1..=request.count).map(|line| {
            let content_type = "text/plain; charset=utf-8".into();
            Ok(HttpBody { content_type, data: format!("line {line}\n").into(), extensions: Vec::new() })
        });
        Ok(ResponseStream::new(futures_util::stream::iter(lines)))
    }

    async fn append(&self, _: Context, requests: RequestStream<PutRequest>) -> Result<PutResponse, Status> {
        sum(requests).await
    }

    async fn watch(&self, _: Context, _: ReadRequest) -> Result<ResponseStream<PutResponse, Status>, Status> {
        Ok(ResponseStream::new(futures_util::stream::empty()))
    }

    async fn talk(
        &self,
        _: Context,
        _: RequestStream<PutRequest>,
    ) -> Result<ResponseStream<PutResponse, Status>, Status> {
        Ok(ResponseStream::new(futures_util::stream::empty()))
    }

    async fn sum(&self, _: Context, requests: RequestStream<PutRequest>) -> Result<PutResponse, Status> {
        sum(requests).await
    }
}

fn seen(request: PutRequest) -> PutResponse {
    let content = request.content.unwrap_or_default();
    let size = i32::try_from(content.data.len()).unwrap_or(i32::MAX);
    PutResponse { name: request.name, content_type: content.content_type, size }
}

async fn sum(mut requests: RequestStream<PutRequest>) -> Result<PutResponse, Status> {
    let mut all = PutResponse::default();
    while let Some(request) = requests.message().await? {
        let part = seen(request);
        all = PutResponse {
            name: if all.name.is_empty() { part.name } else { all.name },
            content_type: if all.content_type.is_empty() { part.content_type } else { all.content_type },
            size: all.size + part.size,
        };
    }
    Ok(all)
}

/// Knows one token.
struct Token;

impl Authenticator for Token {
    async fn authenticate(&self, ctx: &Context) -> Result<Option<Principal>, Status> {
        match ctx.metadata_str("authorization") {
            Some("Bearer files") => Ok(Some(Principal::new("somebody"))),
            Some(_) => Err(Status::unauthenticated("unknown token")),
            None => Ok(None),
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = Server::new()
        .add(FileServiceServer::new(Files))
        .authenticator(Token)
        .docs("/docs", Site::new(peers::proto::DOCS).explorer(true))
        .bind("127.0.0.1:0")
        .await?;
    writeln!(io::stdout(), "listening on http://{}", server.local_addr())?;
    Ok(server.serve().await?)
}

//! The service of these tests, and servers of it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use goldens::caches::caches::v1::{Key, Note, Notes, NotesServer, note};
use goldens::third::Money;
use rsvc::pb::google::api::HttpBody;
use rsvc::{Authenticator, Context, Principal, Server, Status};

/// Whoever says who he is, is who he says.
pub(crate) struct Named;

impl Authenticator for Named {
    async fn authenticate(&self, ctx: &Context) -> Result<Option<Principal>, Status> {
        Ok(ctx.metadata_str("authorization").map(Principal::new))
    }
}

/// One note, whose version is 7 until it is changed. The id of a request says what happens.
pub(crate) struct Store {
    version: AtomicU64,
}

impl Store {
    pub(crate) fn new() -> Self {
        Self { version: AtomicU64::new(7) }
    }

    fn note(&self, ctx: &Context, id: &str) -> Result<Note, Status> {
        let mut note = Note {
            id: id.to_owned(),
            version: self.version.load(Ordering::SeqCst),
            etag: "a b".into(),
            digest: vec![0xab; 2],
            updated: Some(prost_types::Timestamp { seconds: 12, nanos: 5 }),
            revision: Some(-3),
            state: note::State::Draft.into(),
            r#type: 4,
            ..Note::default()
        };
        match id {
            "long" => note.text = "text ".repeat(1000),
            "bare" => note = Note { id: id.to_owned(), ..Note::default() },
            "deep" => {
                let inner = note::Meta { etag: "W/\"deep\"".into(), before: None };
                let before = Note { meta: Some(Box::new(inner)), ..Note::default() };
                note.meta =
                    Some(Box::new(note::Meta { etag: String::new(), before: Some(Box::new(before)) }));
            }
            "own" => {
                ctx.set_header("etag", "\"own\"")?;
                ctx.set_header("cache-control", "max-age=1")?;
                ctx.set_header("vary", "x-own, Accept")?;
                ctx.set_header("x-more", "1")?;
            }
            "ownlong" => {
                ctx.set_header("etag", "\"own\"")?;
                note.text = "text ".repeat(1000);
            }
            "early" => ctx.set_header("cache-control", "max-age=1")?,
            "strange" => ctx.set_header("etag", "no tag")?,
            "secret" => ctx.set_header("cache-control", "no-store")?,
            "cookie" => ctx.set_header("set-cookie", "a=b")?,
            "missing" => return Err(Status::not_found("no such note")),
            "broken" => {
                ctx.set_header("etag", "\"7\"")?;
                ctx.set_header("cache-control", "max-age=99")?;
                return Err(Status::internal("broken"));
            }
            "negative" => {
                let mut status = Status::not_found("not for a while");
                status.metadata_mut().insert("cache-control", "max-age=3".parse().unwrap());
                return Err(status);
            }
            _ => {}
        }
        Ok(note)
    }
}

impl Notes for Store {
    async fn by_version(&self, ctx: Context, key: Key) -> Result<Note, Status> {
        self.note(&ctx, &key.id)
    }

    async fn by_content(&self, ctx: Context, key: Key) -> Result<Note, Status> {
        self.note(&ctx, &key.id)
    }

    async fn by_text(&self, ctx: Context, key: Key) -> Result<Note, Status> {
        self.note(&ctx, &key.id)
    }

    async fn by_bytes(&self, ctx: Context, key: Key) -> Result<Note, Status> {
        self.note(&ctx, &key.id)
    }

    async fn by_time(&self, ctx: Context, key: Key) -> Result<Note, Status> {
        self.note(&ctx, &key.id)
    }

    async fn by_presence(&self, ctx: Context, key: Key) -> Result<Note, Status> {
        self.note(&ctx, &key.id)
    }

    async fn by_enum(&self, ctx: Context, key: Key) -> Result<Note, Status> {
        self.note(&ctx, &key.id)
    }

    async fn by_keyword(&self, ctx: Context, key: Key) -> Result<Note, Status> {
        self.note(&ctx, &key.id)
    }

    async fn by_path(&self, ctx: Context, key: Key) -> Result<Note, Status> {
        self.note(&ctx, &key.id)
    }

    async fn by_foreign(&self, _: Context, _: Key) -> Result<Money, Status> {
        Ok(Money { currency_code: "EUR".into(), units: 50, kind: 0 })
    }

    async fn open(&self, ctx: Context, key: Key) -> Result<Note, Status> {
        self.note(&ctx, &key.id)
    }

    async fn file(&self, _: Context, key: Key) -> Result<HttpBody, Status> {
        let content_type = if key.id == "html" { "text/html" } else { "text/plain" };
        Ok(HttpBody { content_type: content_type.into(), data: b"content".to_vec(), extensions: Vec::new() })
    }

    async fn plain(&self, ctx: Context, key: Key) -> Result<Note, Status> {
        self.note(&ctx, &key.id)
    }

    async fn change(&self, ctx: Context, request: Note) -> Result<Note, Status> {
        if request.id == "absent" {
            ctx.precondition().check_absent()?;
        } else {
            let checked = ctx.precondition().check(&self.version.load(Ordering::SeqCst));
            match request.id.as_str() {
                // An error of its own in place of the usual one.
                "own" => checked.map_err(|_| Status::failed_precondition("changed by somebody"))?,
                "aborts" => checked.map_err(|_| Status::aborted("changed by somebody"))?,
                "locked" => return Err(Status::failed_precondition("it is locked")),
                _ => checked?,
            }
        }
        self.version.fetch_add(1, Ordering::SeqCst);
        self.note(&ctx, &request.id)
    }
}

/// A server of a service, which ends with the test.
pub(crate) async fn serve(notes: impl Notes, settle: impl FnOnce(Server) -> Server) -> SocketAddr {
    let server = settle(Server::new().add(NotesServer::new(notes))).bind("127.0.0.1:0").await.unwrap();
    let addr = server.local_addr();
    tokio::spawn(server.serve_with_shutdown(std::future::pending()));
    addr
}

/// A server without callers that are known.
pub(crate) async fn open() -> SocketAddr {
    serve(Store::new(), |server| server).await
}

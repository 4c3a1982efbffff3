//! Service traits as objects, methods that answer by default, and errors made of their payloads.
#![allow(clippy::unwrap_used)] // a test stops at the first surprise

use std::sync::Arc;

use goldens::objects::objects::v1 as api;

use api::{
    Busy, DynPlain, DynRooms, Large, Line, NoRoom, Opened, Plain, PlainClient, PlainServer, Room, RoomError,
    Rooms, RoomsClient, RoomsServer,
};
use rsvc::prost_types::Timestamp;
use rsvc::{Channel, Code, Context, RequestStream, ResponseStream, Server, Status};

/// Has some of the methods only.
struct Few(i64);

impl Rooms for Few {
    async fn open(&self, _: Context, request: Room) -> Result<Opened, RoomError> {
        if request.name.is_empty() {
            // What belongs to one error becomes it.
            Err(NoRoom { name: "?".into() })?;
        }
        Ok(Opened { at: Some(Timestamp { seconds: self.0, nanos: 0 }) })
    }

    async fn talk(
        &self,
        _: Context,
        mut requests: RequestStream<Line>,
    ) -> Result<ResponseStream<Line, RoomError>, RoomError> {
        let (sender, stream) = ResponseStream::channel(1);
        tokio::spawn(async move {
            while let Ok(Some(line)) = requests.message().await {
                if sender.send(line).await.is_err() {
                    return;
                }
            }
        });
        Ok(stream)
    }
}

/// Has no method at all.
struct Nothing;

impl Plain for Nothing {}
impl Rooms for Nothing {}

fn room(name: &str) -> Room {
    Room { name: name.to_owned() }
}

/// What every implementation of the trait takes, objects included.
async fn opened(rooms: impl Rooms) -> Result<i64, RoomError> {
    Ok(rooms.open(Context::new(), room("a")).await?.at.unwrap().seconds)
}

#[tokio::test]
async fn an_object_is_an_implementation() {
    let rooms: Vec<Arc<dyn DynRooms>> = vec![Arc::new(Few(1)), Arc::new(Few(2)), Arc::new(Nothing)];
    assert_eq!(opened(Arc::clone(&rooms[0])).await.unwrap(), 1);
    assert_eq!(opened(Arc::clone(&rooms[1])).await.unwrap(), 2);
    // An object of an object, and of a shared implementation.
    let outer: Arc<dyn DynRooms> = Arc::new(Arc::clone(&rooms[1]));
    assert_eq!(opened(outer).await.unwrap(), 2);

    let error = opened(Arc::clone(&rooms[2])).await.unwrap_err();
    let status = Status::from(error);
    assert_eq!(status.code(), Code::Unimplemented);
    assert_eq!(status.message(), "/objects.v1.Rooms/Open is not implemented here");

    // Without a name for the trait of the object, by reference.
    let lines = RequestStream::from_iter([Line { text: "a".into() }, Line { text: "b".into() }]);
    let mut answers = rooms[0].talk(Context::new(), lines).await.unwrap();
    let mut texts = Vec::new();
    while let Some(line) = answers.message().await.unwrap() {
        texts.push(line.text);
    }
    assert_eq!(texts, ["a", "b"]);
}

#[tokio::test]
async fn an_object_is_served_and_a_client_is_one() {
    let rooms: Arc<dyn DynRooms> = Arc::new(Few(3));
    let plain: Arc<dyn DynPlain> = Arc::new(Nothing);
    let server = Server::new().add(RoomsServer::new(rooms)).add(PlainServer::new(plain));
    let server = server.bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", server.local_addr());
    let serving = tokio::spawn(server.serve());

    let channel = Channel::connect(endpoint).await.unwrap();
    let rooms: Arc<dyn DynRooms> = Arc::new(RoomsClient::new(channel.clone()));
    assert_eq!(opened(Arc::clone(&rooms)).await.unwrap(), 3);
    let error = rooms.open(Context::new(), room("")).await.unwrap_err();
    assert!(matches!(&error, RoomError::NoRoom(payload) if payload.name == "?"), "{error:?}");

    // Every kind of method that nobody has written answers over the wire.
    let ctx = Context::new;
    let code = |error: RoomError| error.code();
    let lines = || RequestStream::from_iter([Line::default()]);
    assert_eq!(code(rooms.post(ctx(), lines()).await.unwrap_err()), Code::Unimplemented);
    assert_eq!(code(rooms.r#move(ctx(), room("a")).await.unwrap_err()), Code::Unimplemented);
    let following = match rooms.follow(ctx(), room("a")).await {
        Ok(mut stream) => stream.message().await.map(drop),
        Err(error) => Err(error),
    };
    assert_eq!(code(following.unwrap_err()), Code::Unimplemented);
    let status = PlainClient::new(channel).ping(ctx(), ()).await.unwrap_err();
    assert_eq!(
        (status.code(), status.message()),
        (Code::Unimplemented, "/objects.v1.Plain/Ping is not implemented here")
    );
    serving.abort();
}

#[test]
fn a_payload_of_one_error_becomes_it() {
    let error = RoomError::from(NoRoom { name: "x".into() });
    assert!(matches!(&error, RoomError::NoRoom(payload) if payload.name == "x"));
    // Kept in a box, and made from the message itself.
    let error = RoomError::from(Large { a: "1".into(), ..Large::default() });
    assert!(matches!(&error, RoomError::Large(payload) if payload.a == "1"));
    assert_eq!(error.code(), Code::OutOfRange);
}

/// Is there exactly if the type implements it: a function of the type itself comes before that of a trait.
macro_rules! converts {
    ($from:ty, $to:ty) => {{
        // One of the two functions is never called.
        #[allow(dead_code)]
        struct Probe<T>(std::marker::PhantomData<T>);
        #[allow(dead_code)]
        trait Otherwise {
            fn converts(&self) -> bool {
                false
            }
        }
        impl<T> Otherwise for Probe<T> {}
        #[allow(dead_code)]
        impl<T: Into<$to>> Probe<T> {
            fn converts(&self) -> bool {
                true
            }
        }
        Probe::<$from>(std::marker::PhantomData).converts()
    }};
}

#[test]
fn only_a_payload_that_says_which_error_it_is() {
    assert!(converts!(NoRoom, RoomError) && converts!(Large, RoomError));
    assert!(!converts!(Busy, RoomError), "two errors have it");
    assert!(!converts!((), RoomError), "it says nothing");
}

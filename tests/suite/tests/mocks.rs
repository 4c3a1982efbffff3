//! Service traits as `mockall` mocks them: by signatures that are those of the trait.
#![allow(clippy::unwrap_used)] // a test stops at the first surprise

use goldens::objects::objects::v1 as api;
use mockall::mock;
use mockall::predicate::{always, eq};

use api::{Line, NoRoom, Opened, Room, RoomError, Rooms, RoomsServer};
use rsvc::{Channel, Code, Context, RequestStream, ResponseStream, Server};

mock! {
    Hotel {}
    impl Rooms for Hotel {
        async fn open(&self, ctx: Context, request: Room) -> Result<Opened, RoomError>;
        async fn talk(&self, ctx: Context, requests: RequestStream<Line>) -> Result<ResponseStream<Line, RoomError>, RoomError>;
    }
}

fn room(name: &str) -> Room {
    Room { name: name.into() }
}

#[tokio::test]
async fn a_mock_is_an_implementation() {
    let mut hotel = MockHotel::new();
    hotel.expect_open().with(always(), eq(room("a"))).times(1).returning(|_, _| Ok(Opened::default()));
    hotel.expect_open().returning(|_, room| Err(RoomError::from(NoRoom { name: room.name })));
    hotel.expect_talk().returning(|_, _| Ok(ResponseStream::from_iter([Line { text: "b".into() }])));
    assert_eq!(hotel.open(Context::new(), room("a")).await.unwrap(), Opened::default());

    // It can be served as well, and be called in the same process without being served.
    let hotel = std::sync::Arc::new(hotel);
    let server = Server::new().add(RoomsServer::from_arc(hotel.clone())).into_service().unwrap();
    let channel = Channel::builder("http://in.process").with_transport(server).unwrap();
    for client in [api::RoomsClient::new(channel), api::RoomsClient::in_process(hotel)] {
        let error = client.open(Context::new(), room("c")).await.unwrap_err();
        assert!(matches!(&error, RoomError::NoRoom(payload) if payload.name == "c"), "{error}");
        assert_ne!(error.code(), Code::Unknown);
        let mut lines = client.talk(Context::new(), RequestStream::from_iter([])).await.unwrap();
        assert_eq!(lines.message().await.unwrap().unwrap().text, "b");
    }
}

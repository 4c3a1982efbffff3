//! Over each protocol, with and without the option, on the server and on a client that tests its requests.

use goldens::masks::masks::v1 as api;

use api::{
    MoveTaskRequest, Place, Task, TaskService, TaskServiceClient, TaskServiceServer, TouchRequest,
    UpdateTaskRequest, touch_request::How,
};
use rsvc::client::Protocol;
use rsvc::{Channel, Code, Context, RequestStream, ResponseStream, Server, Status};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::mask;

/// Answers with what it got.
struct Echo;

impl TaskService for Echo {
    async fn update_task(&self, _: Context, request: UpdateTaskRequest) -> Result<Task, Status> {
        let paths = request.update_mask.unwrap_or_default().paths.join(" ");
        Ok(Task { note: Some(paths), ..request.task.unwrap() })
    }

    async fn replace_task(&self, ctx: Context, request: UpdateTaskRequest) -> Result<Task, Status> {
        self.update_task(ctx, request).await
    }

    async fn update_tasks(
        &self,
        _: Context,
        mut requests: RequestStream<UpdateTaskRequest>,
    ) -> Result<ResponseStream<Task>, Status> {
        let (sender, responses) = ResponseStream::channel(1);
        tokio::spawn(async move {
            loop {
                match requests.message().await {
                    Ok(Some(request)) => {
                        let _ = sender.send(request.task.unwrap()).await;
                    }
                    Ok(None) => return,
                    Err(status) => {
                        let _ = sender.fail(status).await;
                        return;
                    }
                }
            }
        });
        Ok(responses)
    }

    async fn move_task(&self, _: Context, request: MoveTaskRequest) -> Result<Task, Status> {
        Ok(request.task.unwrap_or_default())
    }

    async fn touch(&self, _: Context, _: TouchRequest) -> Result<(), Status> {
        Ok(())
    }

    async fn check(&self, _: Context, _: Task) -> Result<(), Status> {
        Ok(())
    }
}

/// A server that ends with the test.
async fn serve() -> String {
    let server = Server::new().validate_responses(rsvc::server::ResponseValidation::Off);
    let server = server.add(TaskServiceServer::new(Echo)).bind("127.0.0.1:0").await.unwrap();
    let addr = server.local_addr();
    tokio::spawn(async move { server.serve_with_shutdown(std::future::pending()).await });
    addr.to_string()
}

const PROTOCOLS: [Protocol; 3] = [Protocol::Grpc, Protocol::GrpcWeb, Protocol::Connect];

/// Clients of each protocol: they leave the test to the server, or make it themselves.
async fn clients(addr: &str) -> Vec<TaskServiceClient> {
    let mut clients = Vec::new();
    for protocol in PROTOCOLS {
        for tests_itself in [false, true] {
            let channel = Channel::builder(format!("http://{addr}")).protocol(protocol);
            let channel = channel.validate_requests(tests_itself).connect().await.unwrap();
            clients.push(TaskServiceClient::new(channel));
        }
    }
    clients
}

/// A change of the priority alone: the other fields break rules.
fn urgent() -> UpdateTaskRequest {
    let task = Task { id: "t".into(), priority: 2, total: 2, weight: 1, ..Task::default() };
    UpdateTaskRequest { task: Some(task), update_mask: Some(mask(&["priority"])), reason: String::new() }
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, Status>) -> String {
    let status = outcome.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    status.message().to_owned()
}

/// The fields that the details of a status name.
fn fields(status: &Status) -> Vec<String> {
    let bad = tonic_types::StatusExt::get_details_bad_request(status).unwrap();
    bad.field_violations.into_iter().map(|violation| violation.field).collect()
}

#[tokio::test]
async fn what_the_mask_names_is_tested_over_every_protocol() {
    let addr = serve().await;
    for client in clients(&addr).await {
        let update = |request| client.update_task(Context::new(), request);
        assert_eq!(update(urgent()).await.unwrap().priority, 2);
        // Without the option everything is tested.
        let message = refused(client.replace_task(Context::new(), urgent()).await);
        assert!(message.contains("task.title: must be at least 3 characters"), "{message}");

        let mut request = urgent();
        request.task.as_mut().unwrap().priority = 9;
        let message = refused(update(request.clone()).await);
        assert_eq!(message, "task.priority: must be greater than or equal to 0 and less than or equal to 3");
        // Nothing is named: everything is meant.
        for paths in [None, Some(mask(&[])), Some(mask(&["*"]))] {
            let request = UpdateTaskRequest { update_mask: paths, ..urgent() };
            assert!(refused(update(request).await).contains("task.title: "));
        }
        let request = UpdateTaskRequest { update_mask: Some(mask(&["priority", "place.town"])), ..urgent() };
        let status = update(request).await.unwrap_err();
        assert_eq!(fields(&status), ["update_mask"]);
        assert_eq!(
            refused::<()>(Err(status)),
            "update_mask: `place.town` is not in the message: `masks.v1.Place` has no field `town`"
        );
    }
}

#[tokio::test]
async fn the_rest_of_the_request_is_tested_in_full() {
    let addr = serve().await;
    for client in clients(&addr).await {
        let update = |request| client.update_task(Context::new(), request);
        let request = UpdateTaskRequest { reason: "x".repeat(21), ..urgent() };
        assert_eq!(refused(update(request).await), "reason: must be at most 20 characters");
        let request = UpdateTaskRequest { task: None, ..urgent() };
        assert_eq!(refused(update(request).await), "task: value is required");
        // A rule of the request that reads a field in the mask, and one that is not in it.
        let mut request = urgent();
        request.task.as_mut().unwrap().priority = 3;
        assert_eq!(refused(update(request.clone()).await), "urgent tasks have a reason");
        request.update_mask = Some(mask(&["done"]));
        update(request).await.unwrap();
        // What names the resource is tested whatever the mask.
        let mut request = urgent();
        request.task.as_mut().unwrap().id.clear();
        assert_eq!(refused(update(request).await), "task.id: must be at least 1 characters");
    }
}

#[tokio::test]
async fn each_message_of_a_stream_has_its_mask() {
    let addr = serve().await;
    for client in clients(&addr).await {
        let other = UpdateTaskRequest { update_mask: Some(mask(&["title"])), ..urgent() };
        let requests = RequestStream::from_iter([urgent(), urgent(), other]);
        let outcome = async {
            let mut tasks = client.update_tasks(Context::new(), requests).await?;
            let mut count = 0;
            while let Some(task) = tasks.message().await? {
                assert_eq!(task.priority, 2);
                count += 1;
            }
            Ok(count)
        };
        assert_eq!(refused::<i32>(outcome.await), "task.title: must be at least 3 characters");
    }
}

#[tokio::test]
async fn the_mask_and_the_resource_are_found() {
    let addr = serve().await;
    for client in clients(&addr).await {
        // `to` is beside the resource, and `read_mask` is another mask.
        let place = |zip: &str| Some(Place { zip: zip.into(), distance: 1, ..Place::default() });
        let request = |zip: &str, paths: &[&str]| MoveTaskRequest {
            read_mask: Some(mask(&["nothing"])),
            update_mask: Some(mask(paths)),
            to: place(zip),
            task: Some(Task::default()),
            text: String::new(),
        };
        let moved = |request| client.move_task(Context::new(), request);
        moved(request("1", &["done"])).await.unwrap();
        assert_eq!(
            refused(moved(request("x", &["done"])).await),
            "to.zip: does not match regex pattern `^[0-9]*$`"
        );
        assert_eq!(refused(moved(request("1", &["note"])).await), "task.note: value is required");
        // Whether there is a resource is no matter of the mask.
        let nothing = MoveTaskRequest { task: None, ..request("1", &["done"]) };
        assert_eq!(refused(moved(nothing).await), "one of task, text must be set");

        // A mask that is a member of a oneof, and none.
        let touch = |how, city: &str| {
            let place = Some(Place { city: city.into(), zip: "x".into(), distance: 1 });
            client.touch(Context::new(), TouchRequest { how, place })
        };
        touch(Some(How::Mask(mask(&["city"]))), "a").await.unwrap();
        assert_eq!(
            refused(touch(Some(How::Mask(mask(&["zip"]))), "a").await),
            "place.zip: does not match regex pattern `^[0-9]*$`"
        );
        assert!(refused(touch(Some(How::Name("zip".into())), "a").await).contains("place.zip"));
        let message = refused(touch(Some(How::Mask(mask(&["town"]))), "a").await);
        assert!(message.starts_with("mask: `town`"), "{message}");
        assert!(
            refused(client.check(Context::new(), Task { total: 1, weight: 1, ..Task::default() }).await)
                .contains("title: ")
        );
    }
}

/// The status of a `PATCH`, and the body.
async fn patch(addr: &str, target: &str, body: &str) -> (u16, String) {
    let mut stream = tokio::net::TcpStream::connect(addr).await.unwrap();
    let length = body.len();
    let head = format!(
        "PATCH {target} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

#[tokio::test]
async fn a_patch_is_tested_by_what_it_sends() {
    let addr = serve().await;
    let target = "/v1/tasks/t";
    // The mask is that of the body.
    let (status, body) = patch(&addr, target, r#"{"priority": 2}"#).await;
    assert_eq!((status, body.contains(r#""note":"priority""#)), (200, true), "{body}");
    let (status, body) = patch(&addr, target, r#"{"title": "ab", "place": {"zip": "a"}}"#).await;
    assert_eq!(status, 400);
    assert!(
        body.contains(
            r#""message":"task.title: must be at least 3 characters; task.place.zip: does not match"#
        ) && !body.contains("task.note"),
        "{body}"
    );
    // `null` clears what must be set.
    let (status, body) = patch(&addr, target, r#"{"note": null}"#).await;
    assert_eq!((status, body.contains("task.note: value is required")), (400, true), "{body}");
    // The mask is in the URL.
    let (status, _) =
        patch(&addr, "/v1/tasks/t?updateMask=priority,done", r#"{"title": "ab", "priority": 1}"#).await;
    assert_eq!(status, 200);
    let (status, body) = patch(&addr, "/v1/tasks/t?update_mask=*", r#"{"total": 1, "weight": 1}"#).await;
    assert_eq!((status, body.contains("task.title: ")), (400, true), "{body}");
    let (status, body) = patch(&addr, "/v1/tasks/t?update_mask=colour", r#"{"priority": 1}"#).await;
    assert_eq!((status, body.contains(r#""field":"update_mask""#)), (400, true), "{body}");
    // Nothing is sent, so that there is nothing to go by.
    let (status, _) = patch(&addr, target, "{}").await;
    assert_eq!(status, 400);
}
